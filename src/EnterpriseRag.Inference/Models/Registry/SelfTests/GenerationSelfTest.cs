using System.Globalization;
using System.Numerics.Tensors;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Models.Registry.SelfTests;

/// <summary>Appends tokens to the present sequence; the logits of the next one, overwritten by the next call.</summary>
internal delegate ReadOnlySpan<float> AppendTokens(scoped ReadOnlySpan<int> tokens);

/// <summary>Looks at a model between its loading and its first request.</summary>
/// <param name="tokenizer">The folder's.</param>
/// <param name="reset">Starts a new sequence.</param>
/// <param name="append">Runs the model.</param>
internal delegate void GenerationProbe(Tokenizer tokenizer, Action reset, AppendTokens append);

/// <summary>
/// Asks a loaded language model for the outputs that were recorded at its approval: ids of two prompts, and the best logits of the first tokens after them. Finds
/// what checksums cannot: a processor, provider or runtime that computes something else, a tokenizer that reads otherwise. Costs some 30 tokens.
/// </summary>
internal static class GenerationSelfTest
{
    private const int Steps = 4;
    private const int Kept = 8;

    // A CPU without VNNI saturates some 8-bit products and moves logits by up to a few hundredths of their spread; another model or a broken kernel moves them
    // by the spread itself.
    private const float Tolerance = 0.12f;

    private static readonly string[] s_prompts = ["The notice period for the termination of the contract is", "Der Vertrag kann mit einer Frist von"];

    public static GenerationGolden Record(Tokenizer tokenizer, Action reset, AppendTokens append) =>
        new([.. s_prompts.Select(text => RecordPrompt(text, tokenizer, reset, append))]);

    /// <exception cref="ModelFolderException">The outputs differ.</exception>
    public static void Check(GenerationGolden golden, string folder, Tokenizer tokenizer, Action reset, AppendTokens append)
    {
        foreach (var prompt in golden.Prompts)
        {
            var ids = Encode(tokenizer, prompt.Text);
            if (!ids.SequenceEqual(prompt.Ids))
            {
                throw Failed(folder, "its tokenizer gives other ids");
            }

            reset();
            var logits = append(ids);
            for (var step = 0; step < prompt.Steps.Count; step++)
            {
                var worst = WorstDifference(prompt.Steps[step], logits);
                if (!(worst <= Tolerance)) // not a number fails too
                {
                    throw Failed(folder, string.Create(CultureInfo.InvariantCulture, $"its outputs differ by {worst:P0} of their spread"));
                }

                if (step + 1 < prompt.Steps.Count)
                {
                    logits = append([prompt.Steps[step].Token]);
                }
            }
        }

        reset();
    }

    private static GoldenPrompt RecordPrompt(string text, Tokenizer tokenizer, Action reset, AppendTokens append)
    {
        var ids = Encode(tokenizer, text);
        var steps = new List<GoldenStep>(Steps);
        reset();
        var logits = append(ids);
        for (var step = 0; ; step++)
        {
            var recorded = RecordStep(logits);
            steps.Add(recorded);
            if (step + 1 == Steps)
            {
                reset();
                return new GoldenPrompt(text, ids, steps);
            }

            logits = append([recorded.Token]);
        }
    }

    private static GoldenStep RecordStep(ReadOnlySpan<float> logits)
    {
        var values = logits.ToArray();
        var ids = Enumerable.Range(0, values.Length).ToArray();
        var count = Math.Min(Kept, values.Length);
        Array.Sort(values, ids, Comparer<float>.Create(static (a, b) => b.CompareTo(a)));
        return new GoldenStep(ids[0], ids[..count], [.. values[..count].Select(static v => MathF.Round(v, 4))], Spread(values[0], logits));
    }

    private static float Spread(float best, ReadOnlySpan<float> logits) => MathF.Max(MathF.Round(best - (TensorPrimitives.Sum(logits) / logits.Length), 4), 1e-3f);

    private static float WorstDifference(GoldenStep step, ReadOnlySpan<float> logits)
    {
        var worst = 0f;
        for (var i = 0; i < step.Top.Count; i++)
        {
            var id = step.Top[i];
            var difference = id < logits.Length ? MathF.Abs(logits[id] - step.Logits[i]) / step.Spread : float.PositiveInfinity;
            worst = float.IsNaN(difference) ? float.PositiveInfinity : MathF.Max(worst, difference);
        }

        return worst;
    }

    private static int[] Encode(Tokenizer tokenizer, string text)
    {
        var ids = new List<int>();
        tokenizer.Encode(text, new EncodeOptions(AddSpecialTokens: true), ids);
        return [.. ids];
    }

    private static ModelFolderException Failed(string folder, string what) => new(
        $"{folder} fails its self-test: {what}. The files are intact, so this machine computes something else than the one on which the model was approved. Check the runtime and provider, or decide again with 'rag models approve'.");
}

using System.Numerics.Tensors;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Models.Import.Adapters;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;

namespace EnterpriseRag.Inference.Models.Check;

/// <summary>
/// Compares a decoder with golden outputs: logits at the first and last position of each prompt, then greedy tokens. After each step the golden token is
/// appended, whatever the model chose, so that one near tie does not spoil the rest. A token that differs counts as equal where the golden run itself was
/// undecided (margin under 0.001).
/// </summary>
/// <param name="folder">The model.</param>
/// <param name="runtime">Loads it.</param>
/// <param name="adapter">An adapter's folder, imported or as PEFT saved it; null = the model alone.</param>
internal sealed class DecoderCheck(ModelFolder folder, InferenceRuntime runtime, string? adapter = null)
{
    private const string AdapterName = "checked";
    private const float Undecided = 1e-3f;

    // Address space; memory as far as the prompts go.
    private const long CacheBytes = 4L << 30;

    public void Run(IReadOnlyList<GoldenCase> cases, CheckTotals totals, CancellationToken cancellationToken)
    {
        using var decoder = new Decoder(folder, GenAiConfig.Read(folder), runtime, CacheBytes);
        if (adapter is not null)
        {
            decoder.AddAdapter(AdapterName, PeftAdapter.Is(adapter)
                ? LoadedAdapter.Of(PeftAdapter.Read(adapter, AdapterImporter.SlotsOf(folder)))
                : LoadedAdapter.Open(ModelFolder.Open(adapter, cancellationToken), folder));
        }

        var sequence = new DecoderSequence(decoder, adapter is null ? null : AdapterName);
        foreach (var golden in cases)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Run(golden, decoder, sequence, totals);
        }
    }

    private static void Run(GoldenCase golden, Decoder decoder, DecoderSequence sequence, CheckTotals totals)
    {
        int[] prompt = [.. golden.InputIds];
        if (prompt.Concat(golden.Greedy).Any(id => id < 0 || id >= decoder.Vocabulary) || prompt.Length + golden.Greedy.Count > decoder.Capacity)
        {
            throw new GoldenFileException("The golden file has ids or a length that the model does not have: it belongs to another model.");
        }

        if (golden.First.Count > 0)
        {
            sequence.Reset();
            totals.Compare(golden.First, sequence.Append(prompt.AsSpan(0, 1)));
        }

        sequence.Reset();
        ReadOnlySpan<float> logits = sequence.Append(prompt);
        totals.Compare(golden.Last, logits);
        for (var step = 0; step < golden.Greedy.Count; step++)
        {
            var token = golden.Greedy[step];
            totals.Count(TensorPrimitives.IndexOfMax(logits) == token || (golden.Margins.Count > 0 && golden.Margins[step] < Undecided));
            if (step + 1 < golden.Greedy.Count)
            {
                logits = sequence.Append([token]);
            }
        }
    }
}

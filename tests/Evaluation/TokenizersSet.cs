using System.Runtime.CompilerServices;
using System.Text;
using EnterpriseRag.Testing.Tokenizers;

namespace EnterpriseRag.Evaluation;

/// <summary>
/// Our tokenizers against the Rust implementation on real files: paragraphs of the evaluation data and a Unicode fuzzer. The value is the number of texts on
/// which anything (ids with and without the template, spans, decoded or streamed text) differs.
/// </summary>
internal static class TokenizersSet
{
    private const int Paragraphs = 12_000;
    private const int FuzzedTexts = 12_000;
    private const int Seed = 4;
    private const int MaxUnits = 2_000;

    private static readonly string[] s_extensions = [".txt", ".md", ".json", ".jsonl", ".csv", ".html", ".xml", ".eml", ".tsv", ".yaml"];

    public static async IAsyncEnumerable<Figure> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[] texts = [.. await ParagraphsAsync(cancellationToken), .. new UnicodeFuzzer(Seed).Take(FuzzedTexts)];
        foreach (var tokenizer in ReferenceTokenizer.All)
        {
            var differences = await TokenizerConformance.CompareAsync(tokenizer.Path, texts, cancellationToken);
            foreach (var kind in differences.GroupBy(static difference => difference.What))
            {
                Console.Error.WriteLine($"{tokenizer.Name}: {kind.Key} differ on {kind.Count()} texts");
            }

            yield return new Figure($"tokenizers {tokenizer.Name}", "different", differences.DistinctBy(static difference => difference.Text).Count(), texts.Length);
        }
    }

    /// <summary>An even choice of the paragraphs of all text files.</summary>
    private static async Task<List<string>> ParagraphsAsync(CancellationToken cancellationToken)
    {
        List<string> all = [];
        foreach (var file in Directory.EnumerateFiles(EvaluationData.Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (s_extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
            {
                all.AddRange(Divide(await File.ReadAllTextAsync(file, Encoding.UTF8, cancellationToken)));
            }
        }

        if (all.Count < Paragraphs)
        {
            throw new InvalidDataException($"The evaluation data has {all.Count} paragraphs; {Paragraphs} are needed.");
        }

        return [.. Enumerable.Range(0, Paragraphs).Select(i => all[(int)((long)i * all.Count / Paragraphs)])];
    }

    private static IEnumerable<string> Divide(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var next = text.IndexOf("\n\n", Math.Min(text.Length, start + 1), StringComparison.Ordinal);
            var end = Math.Min(next < 0 ? text.Length : next + 2, start + MaxUnits);
            yield return text[start..end];
            start = end;
        }
    }
}

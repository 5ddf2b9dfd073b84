using System.Text.Json;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Inference.Tests.Tokenization;

/// <summary>The tokenizers in the box, loaded once, and what Hugging Face tokenizers 0.23.3 made of 60 nasty strings.</summary>
internal static class Golden
{
    private static readonly Lazy<Tokenizer> s_smolLm2 = new(() => Tokenizer.Load(RepositoryFiles.Fixture("smollm2-tokenizer.json")));
    private static readonly Lazy<Tokenizer> s_multilingualE5 = new(() => Tokenizer.Load(Path.Combine(RepositoryFiles.Model("multilingual-e5-small"), "tokenizer.json")));

    public static Tokenizer SmolLm2 => s_smolLm2.Value;

    public static Tokenizer MultilingualE5 => s_multilingualE5.Value;

    public static (Tokenizer Tokenizer, List<GoldenCase> Cases) Of(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.Fixture($"tokens-{name}.json")));
        var cases = json.RootElement.GetProperty("cases").Deserialize<List<GoldenCase>>(JsonSerializerOptions.Web)!;
        return (string.Equals(name, "smollm2", StringComparison.Ordinal) ? SmolLm2 : MultilingualE5, cases);
    }
}

internal sealed record GoldenCase(string Text, int[] Ids, int[][] Offsets, string Decoded, int[]? IdsWithSpecials, int[]? IdsAsPlainText);

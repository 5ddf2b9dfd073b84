using System.Collections.Concurrent;
using System.Text.Json;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Testing;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Tokenization;

/// <summary>The tokenizers of the golden files, loaded once, and what Hugging Face tokenizers 0.23.3 made of 60 nasty strings.</summary>
internal static class Golden
{
    private static readonly ConcurrentDictionary<string, Lazy<Tokenizer>> s_tokenizers = new(StringComparer.Ordinal);

    /// <summary>The names of the golden files.</summary>
    public static TheoryData<string> Names { get; } = ["smollm2", "multilingual-e5-small", "all-minilm-l6-v2", "llama3-style", "qwen-style", "sentencepiece-bpe-bytefallback"];

    public static Tokenizer SmolLm2 => Load("smollm2");

    public static Tokenizer MultilingualE5 => Load("multilingual-e5-small");

    public static (Tokenizer Tokenizer, List<GoldenCase> Cases) Of(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.Fixture($"tokens-{name}.json")));
        return (Load(name), json.RootElement.GetProperty("cases").Deserialize<List<GoldenCase>>(JsonSerializerOptions.Web)!); // the files are ours
    }

    private static Tokenizer Load(string name) => s_tokenizers.GetOrAdd(name, static key => new Lazy<Tokenizer>(() => Tokenizer.Load(key switch
    {
        "smollm2" => RepositoryFiles.Fixture("smollm2-tokenizer.json"),
        "multilingual-e5-small" => Path.Combine(RepositoryFiles.Model(key), "tokenizer.json"),
        _ => RepositoryFiles.Fixture(Path.Combine("tokenizers", key + ".json")),
    }))).Value;
}

internal sealed record GoldenCase(string Text, int[] Ids, int[][] Offsets, string Decoded, int[]? IdsWithSpecials, int[]? IdsAsPlainText);

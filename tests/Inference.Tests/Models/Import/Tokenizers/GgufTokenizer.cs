using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.Tokenizers;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Tests.Models.Import.Tokenizers;

/// <summary>Writes a known tokenizer.json into a GGUF file as converters do, and reads back what the import makes of it.</summary>
internal sealed class GgufTokenizer
{
    private readonly string[] _tokens;
    private readonly int[] _types;

    private GgufTokenizer(JsonElement file)
    {
        var model = file.GetProperty("model");
        var vocabulary = model.GetProperty("vocab");
        var added = file.GetProperty("added_tokens").EnumerateArray().ToList();
        Scores = [];
        if (vocabulary.ValueKind == JsonValueKind.Array)
        {
            _tokens = [.. vocabulary.EnumerateArray().Select(piece => piece[0].GetString() ?? "")];
            Scores = [.. vocabulary.EnumerateArray().Select(piece => piece[1].GetSingle())];
        }
        else
        {
            var size = Math.Max(vocabulary.EnumerateObject().Max(token => token.Value.GetInt32()), added.Select(token => token.GetProperty("id").GetInt32()).DefaultIfEmpty().Max()) + 1;
            _tokens = new string[size];
            foreach (var token in vocabulary.EnumerateObject())
            {
                _tokens[token.Value.GetInt32()] = token.Name;
            }
        }

        _types = [.. Enumerable.Repeat(1, _tokens.Length)];
        foreach (var token in added)
        {
            var id = token.GetProperty("id").GetInt32();
            _tokens[id] = token.GetProperty("content").GetString() ?? "";
            _types[id] = _tokens[id] is "<unk>" or "[UNK]" ? 2 : token.GetProperty("special").GetBoolean() ? 3 : 4;
        }

        Merges = model.TryGetProperty("merges", out var merges) ? [.. merges.EnumerateArray().Select(Merge)] : [];
        for (var id = 0; id < _tokens.Length; id++)
        {
            _types[id] = _tokens[id].StartsWith("<0x", StringComparison.Ordinal) ? 6 : _types[id];
        }
    }

    public IReadOnlyList<string> Tokens => _tokens;

    public float[] Scores { get; }

    public string[] Merges { get; }

    public static GgufTokenizer Of(string path)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(path));
        return new GgufTokenizer(file.RootElement);
    }

    /// <param name="kind">tokenizer.ggml.model.</param>
    /// <param name="change">More keys.</param>
    /// <param name="tokens">As the converter writes them; null = as they are.</param>
    public TokenizerPlan Import(string kind, Action<GgufWriter> change, string[]? tokens = null)
    {
        var writer = new GgufWriter().Text("tokenizer.ggml.model", kind).Texts("tokenizer.ggml.tokens", tokens ?? _tokens).Numbers("tokenizer.ggml.token_type", _types).Number("tokenizer.ggml.eos_token_id", 2);
        change(writer);
        using var folder = new TemporaryFolder();
        using var file = GgufFile.Open(folder.Write("tokenizer.gguf", writer.Tensor("token_embd.weight", [32], 0, new byte[128]).ToBytes()));
        return TokenizerKind.Plan(file, _tokens.Length);
    }

    public static Tokenizer Read(TokenizerPlan plan) => Tokenizer.Parse(plan.TokenizerJson);

    private static string Merge(JsonElement merge) => merge.ValueKind == JsonValueKind.String ? merge.GetString() ?? "" : $"{merge[0].GetString()} {merge[1].GetString()}";
}

using System.Runtime.CompilerServices;
using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Vocabulary;

[assembly: TokenizerComponent("Unigram", typeof(EnterpriseRag.Inference.Tokenization.Models.UnigramModel))]

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>SentencePiece's unigram language model: the division of a piece whose tokens are together the most probable.</summary>
internal sealed class UnigramModel : ITokenModel
{
    // The reference's penalty for a character that no token covers, below the least probable token.
    private const double UnknownPenalty = 10;

    private readonly TokenTable _tokens;

    private UnigramModel(TokenTable tokens, PieceTrie trie, double[] scores, int unknownId, bool byteFallback)
    {
        _tokens = tokens;
        Trie = trie;
        Scores = scores;
        UnknownId = unknownId;
        UnknownScore = scores.Min() - UnknownPenalty;
        Bytes = byteFallback ? new ByteFallback(token => trie.Find(token)) : null;
    }

    public int VocabularySize => _tokens.Count;

    public int TokenCount => Scores.Length;

    internal PieceTrie Trie { get; }

    internal double[] Scores { get; }

    internal int UnknownId { get; }

    internal double UnknownScore { get; }

    internal ByteFallback? Bytes { get; }

    public static ITokenModel Read(ref Utf8JsonReader reader)
    {
        int? unknownId = null;
        var byteFallback = false;
        var tokens = new TokenTable.Builder();
        // 250,000 pieces share their beginnings down to about 2.2 nodes a piece; a wrong guess costs one more rehash.
        var trie = new PieceTrie(1 << 16);
        List<double> scores = [];
        while (ModelJson.NextProperty(ref reader) is { } name)
        {
            switch (name)
            {
                case "unk_id":
                    unknownId = ModelJson.OptionalId(ref reader, name);
                    break;
                case "byte_fallback":
                    byteFallback = ModelJson.Flag(ref reader, name);
                    break;
                case "vocab":
                    ReadVocabulary(ref reader, tokens, trie, scores);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return unknownId is { } id && id < scores.Count
            ? new UnigramModel(tokens.Build(), trie, [.. scores], id, byteFallback)
            : throw ModelJson.Wrong("unk_id", "the id of a token in vocab");
    }

    public int Id(ReadOnlySpan<char> token) => Trie.Find(token);

    public string? Token(int id) => _tokens.Text(id);

    public ITokenWorker CreateWorker() => new UnigramWorker(this);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReadVocabulary(ref Utf8JsonReader reader, TokenTable.Builder tokens, PieceTrie trie, List<double> scores)
    {
        ModelJson.Expect(ref reader, JsonTokenType.StartArray, "vocab");
        Span<char> units = stackalloc char[512];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            ModelJson.Expect(ref reader, JsonTokenType.StartArray, "vocab[]");
            reader.Read();
            ModelJson.Expect(ref reader, JsonTokenType.String, "vocab[][0]");
            if (reader.ValueSpan.Length > units.Length)
            {
                throw new TokenizerFormatException($"tokenizer.json: model: token {scores.Count} is longer than {units.Length} bytes.");
            }

            trie.Add(units[..reader.CopyString(units)], scores.Count);
            tokens.Add(ref reader, scores.Count);
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var score) || !double.IsFinite(score))
            {
                throw ModelJson.Wrong("vocab[][1]", "a number");
            }

            scores.Add(score);
            reader.Read();
            ModelJson.Expect(ref reader, JsonTokenType.EndArray, "vocab[]");
        }
    }
}

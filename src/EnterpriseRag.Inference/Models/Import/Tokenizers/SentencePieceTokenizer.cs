using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>
/// SentencePiece's byte pairs (Llama 2, Mistral, Phi-3, Gemma): a space is a ▁, pieces join by score, and what is no token falls back to its bytes. Written
/// as Hugging Face converts them: ranked merges in place of scores.
/// </summary>
internal sealed class SentencePieceTokenizer() : TokenizerKind("llama")
{
    private const char Space = '▁';
    private const string Spaces = "▁";

    protected override WrittenTokenizer Write(TokenizerSource source)
    {
        var tokens = Array.ConvertAll(source.Tokens, token => token);
        for (var id = 0; id < tokens.Length; id++)
        {
            // Converters undo the ▁ of user-defined runs of spaces, which here are reached through the normalised text.
            if (source.Types[id] == TokenType.UserDefined && tokens[id].AsSpan().TrimStart(' ').IsEmpty)
            {
                tokens[id] = tokens[id].Replace(' ', Space);
            }
        }

        if (new HashSet<string>(tokens, StringComparer.Ordinal).Count != tokens.Length)
        {
            throw new ModelImportException("The tokenizer's list of tokens names a token twice. The file is damaged.");
        }

        var merges = Merges(source, tokens);
        var unknown = source.NeededUnknown;
        var prefixed = source.Keys.Flag("tokenizer.ggml.add_space_prefix", absent: true);
        var (begin, end) = (source.AddedBegin(absent: true), source.AddedEnd(absent: false));
        var document = new TokenizerDocument
        {
            Added = [.. TokenizerDocument.AddedOf(source).Where(token => tokens[token.Id].AsSpan().Trim(Space).Length > 0)],
            Normalizer = prefixed
                ? new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Prepend", ["prepend"] = Spaces }, Replace(" ", Spaces)) }
                : Replace(" ", Spaces),
            PostProcessor = TokenizerDocument.Template(tokens, begin, end, secondRepeatsBegin: true),
            Decoder = new JsonObject
            {
                ["type"] = "Sequence",
                ["decoders"] = new JsonArray(
                [
                    Replace(Spaces, " "),
                    new JsonObject { ["type"] = "ByteFallback" },
                    new JsonObject { ["type"] = "Fuse" },
                    .. prefixed ? [new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 }] : Array.Empty<JsonNode>(),
                ]),
            },
            Model = json => TokenizerDocument.WriteBytePairs(json, tokens, merges, tokens[unknown], HasAllBytes(tokens), ignoreMerges: false),
        };
        return new WrittenTokenizer(document.ToBytes(), begin is not null, end is not null, "LlamaTokenizerFast");
    }

    private static string[] Merges(TokenizerSource source, string[] tokens)
    {
        if (source.Keys.TextsOrNull("tokenizer.ggml.merges") is { Length: > 0 } stored)
        {
            ByteLevelTokenizer.RequireMerges(stored, tokens);
            return stored;
        }

        var scores = source.Keys.RealsOrNull("tokenizer.ggml.scores") ?? throw source.Keys.Missing("tokenizer.ggml.scores");
        return scores.Length == tokens.Length && Array.TrueForAll(scores, float.IsFinite)
            ? ScoredMerges.Of(tokens, scores, id => source.Types[id] is TokenType.Normal or TokenType.UserDefined)
            : throw new ModelImportException("The tokenizer's list of scores does not fit its list of tokens. The file is damaged.");
    }

    private static bool HasAllBytes(string[] tokens)
    {
        var known = new HashSet<string>(tokens, StringComparer.Ordinal);
        return Enumerable.Range(0, 256).All(value => known.Contains(FormattableString.Invariant($"<0x{value:X2}>")));
    }

    private static JsonObject Replace(string pattern, string content) =>
        new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = pattern }, ["content"] = content };
}

using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>SentencePiece's unigram model (T5, XLM-R): the pieces with the best sum of scores.</summary>
internal sealed class UnigramTokenizer() : TokenizerKind("t5")
{
    private const string Space = "▁";

    protected override WrittenTokenizer Write(TokenizerSource source)
    {
        var scores = source.Keys.RealsOrNull("tokenizer.ggml.scores") ?? throw source.Keys.Missing("tokenizer.ggml.scores");
        if (scores.Length != source.Tokens.Length || !Array.TrueForAll(scores, float.IsFinite))
        {
            throw new ModelImportException("The tokenizer's list of scores does not fit its list of tokens. The file is damaged.");
        }

        var unknown = source.NeededUnknown;
        var (begin, end) = (source.AddedBegin(absent: source.Id("cls") is not null), source.AddedEnd(absent: true));
        var space = new JsonObject
        {
            ["type"] = "Metaspace",
            ["replacement"] = Space,
            ["prepend_scheme"] = source.Keys.Flag("tokenizer.ggml.add_space_prefix", absent: true) ? "always" : "never",
            ["split"] = true,
        };
        var document = new TokenizerDocument
        {
            Added = TokenizerDocument.AddedOf(source),
            Normalizer = Normalizer(source),
            PreTokenizer = space,
            PostProcessor = TokenizerDocument.Template(source.Tokens, begin, end, secondRepeatsBegin: false),
            Decoder = space.DeepClone(),
            Model = json =>
            {
                json.WriteStartObject();
                json.WriteString("type", "Unigram");
                json.WriteNumber("unk_id", unknown);
                json.WriteStartArray("vocab");
                for (var id = 0; id < scores.Length; id++)
                {
                    json.WriteStartArray();
                    json.WriteStringValue(source.Tokens[id]);
                    json.WriteNumberValue(scores[id]);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
                json.WriteBoolean("byte_fallback", false);
                json.WriteEndObject();
            },
        };
        return new WrittenTokenizer(document.ToBytes(), begin is not null, end is not null, "PreTrainedTokenizerFast");
    }

    private static JsonObject? Normalizer(TokenizerSource source)
    {
        List<JsonNode> steps = [];
        if (source.Keys.BytesOrNull("tokenizer.ggml.precompiled_charsmap") is { Length: > 0 } map)
        {
            steps.Add(new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = Convert.ToBase64String(map) });
        }

        if (source.Keys.Flag("tokenizer.ggml.remove_extra_whitespaces", absent: true))
        {
            steps.Add(new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["Regex"] = " {2,}" }, ["content"] = " " });
        }

        return steps.Count == 0 ? null : new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray([.. steps]) };
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>Writes a tokenizer.json in Hugging Face's form.</summary>
internal sealed record TokenizerDocument
{
    private const string Unknown = "unk_token";

    /// <summary>Ids of tokens that are found in a text before anything else, in ascending order; false = not special.</summary>
    public required IReadOnlyList<(int Id, string Content, bool Special)> Added { get; init; }

    public JsonNode? Normalizer { get; init; }

    public JsonNode? PreTokenizer { get; init; }

    /// <summary>The value of "post_processor"; see <see cref="Template"/>.</summary>
    public JsonNode? PostProcessor { get; init; }

    public required JsonNode Decoder { get; init; }

    /// <summary>Writes the value of "model".</summary>
    public required Action<Utf8JsonWriter> Model { get; init; }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            WriteAdded(json);
            Write(json, "normalizer", Normalizer);
            Write(json, "pre_tokenizer", PreTokenizer);
            Write(json, "post_processor", PostProcessor);
            Write(json, "decoder", Decoder);
            json.WritePropertyName("model");
            Model(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Control, unknown and user-defined tokens.</summary>
    public static IReadOnlyList<(int Id, string Content, bool Special)> AddedOf(TokenizerSource source) =>
        [.. source.Tokens.Select((token, id) => (Id: id, Content: token, Special: source.Types[id] != TokenType.UserDefined))
            .Where(token => source.Types[token.Id] is TokenType.Control or TokenType.UserDefined or TokenType.Unknown)];

    /// <summary>A template with tokens around a text; null when there are none.</summary>
    /// <param name="tokens">All tokens.</param>
    /// <param name="begin">Id in front.</param>
    /// <param name="end">Id behind.</param>
    /// <param name="secondRepeatsBegin">Whether the second text of a pair has the front token too.</param>
    public static JsonNode? Template(IReadOnlyList<string> tokens, int? begin, int? end, bool secondRepeatsBegin)
    {
        if (begin is null && end is null)
        {
            return null;
        }

        JsonNode[] Around(string sequence, int type, bool withBegin) =>
        [
            .. withBegin && begin is { } first ? [Part("SpecialToken", tokens[first], type)] : Array.Empty<JsonNode>(),
            Part("Sequence", sequence, type),
            .. end is { } last ? [Part("SpecialToken", tokens[last], type)] : Array.Empty<JsonNode>(),
        ];

        var special = new JsonObject();
        foreach (var id in new[] { begin, end }.OfType<int>().Distinct())
        {
            special[tokens[id]] = new JsonObject { ["id"] = tokens[id], ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(tokens[id]) };
        }

        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Around("A", 0, withBegin: true)),
            ["pair"] = new JsonArray([.. Around("A", 0, withBegin: true), .. Around("B", 1, secondRepeatsBegin)]),
            ["special_tokens"] = special,
        };
    }

    /// <summary>Writes a byte-pair model.</summary>
    public static void WriteBytePairs(Utf8JsonWriter json, IReadOnlyList<string> tokens, IEnumerable<string> merges, string? unknown, bool byteFallback, bool ignoreMerges)
    {
        json.WriteStartObject();
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString(Unknown, unknown);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", unknown is not null);
        json.WriteBoolean("byte_fallback", byteFallback);
        json.WriteBoolean("ignore_merges", ignoreMerges);
        WriteVocabulary(json, tokens);
        json.WriteStartArray("merges");
        foreach (var merge in merges)
        {
            json.WriteStringValue(merge);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteVocabulary(Utf8JsonWriter json, IReadOnlyList<string> tokens)
    {
        json.WriteStartObject("vocab");
        for (var id = 0; id < tokens.Count; id++)
        {
            json.WriteNumber(tokens[id], id);
        }

        json.WriteEndObject();
    }

    private static JsonObject Part(string kind, string id, int type) => new() { [kind] = new JsonObject { ["id"] = id, ["type_id"] = type } };

    private static void Write(Utf8JsonWriter json, string name, JsonNode? value)
    {
        json.WritePropertyName(name);
        if (value is null)
        {
            json.WriteNullValue();
        }
        else
        {
            value.WriteTo(json);
        }
    }

    private void WriteAdded(Utf8JsonWriter json)
    {
        json.WriteStartArray("added_tokens");
        foreach (var (id, content, special) in Added)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", content);
            json.WriteBoolean("single_word", false);
            json.WriteBoolean("lstrip", false);
            json.WriteBoolean("rstrip", false);
            json.WriteBoolean("normalized", false);
            json.WriteBoolean("special", special);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

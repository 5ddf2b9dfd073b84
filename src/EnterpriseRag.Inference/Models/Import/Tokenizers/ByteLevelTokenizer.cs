using System.Text.Encodings.Web;
using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.Gguf;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>Byte-level byte-pair encoding: tokens and merges as in the file, text cut by the <see cref="Splitter"/> that it names.</summary>
internal sealed class ByteLevelTokenizer() : TokenizerKind("gpt2")
{
    protected override byte[] Write(GgufMetadata keys, string[] tokens, TokenType[] types, int? beginOfText)
    {
        var splitter = Splitter.Named(keys.Text("tokenizer.ggml.pre"));
        var merges = keys.Texts("tokenizer.ggml.merges");
        RequireMerges(merges, tokens);

        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            WriteAddedTokens(json, tokens, types);
            json.WritePropertyName("normalizer");
            splitter.WriteNormalizer(json);
            json.WritePropertyName("pre_tokenizer");
            splitter.WritePreTokenizer(json);
            json.WritePropertyName("post_processor");
            WritePostProcessor(json, tokens, beginOfText);
            WriteDecoder(json);
            WriteModel(json, tokens, merges, splitter.IgnoreMerges);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Both halves and their union must be tokens, or the reader of tokenizer.json would have to invent one.</summary>
    private static void RequireMerges(string[] merges, string[] tokens)
    {
        var known = new HashSet<string>(tokens, StringComparer.Ordinal);
        var halves = known.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var merge in merges)
        {
            var space = merge.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || space == merge.Length - 1 || merge.IndexOf(' ', space + 1) >= 0
                || !halves.Contains(merge.AsSpan(0, space)) || !halves.Contains(merge.AsSpan(space + 1))
                || !known.Contains(string.Concat(merge.AsSpan(0, space), merge.AsSpan(space + 1))))
            {
                throw new ModelImportException("The tokenizer's list of merges names something that is not in its list of tokens. The file is damaged.");
            }
        }
    }

    private static void WriteAddedTokens(Utf8JsonWriter json, string[] tokens, TokenType[] types)
    {
        json.WriteStartArray("added_tokens");
        for (var id = 0; id < tokens.Length; id++)
        {
            if (types[id] is TokenType.Control or TokenType.UserDefined or TokenType.Unknown)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", tokens[id]);
                json.WriteBoolean("single_word", false);
                json.WriteBoolean("lstrip", false);
                json.WriteBoolean("rstrip", false);
                json.WriteBoolean("normalized", false);
                json.WriteBoolean("special", types[id] != TokenType.UserDefined);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private static void WritePostProcessor(Utf8JsonWriter json, string[] tokens, int? beginOfText)
    {
        if (beginOfText is not { } id)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", "TemplateProcessing");
        json.WriteStartArray("single");
        WriteTemplatePart(json, "SpecialToken", tokens[id], 0);
        WriteTemplatePart(json, "Sequence", "A", 0);
        json.WriteEndArray();
        json.WriteStartArray("pair");
        WriteTemplatePart(json, "SpecialToken", tokens[id], 0);
        WriteTemplatePart(json, "Sequence", "A", 0);
        WriteTemplatePart(json, "SpecialToken", tokens[id], 1);
        WriteTemplatePart(json, "Sequence", "B", 1);
        json.WriteEndArray();
        json.WriteStartObject("special_tokens");
        json.WriteStartObject(tokens[id]);
        json.WriteString("id", tokens[id]);
        json.WriteStartArray("ids");
        json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(tokens[id]);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTemplatePart(Utf8JsonWriter json, string kind, string id, int typeId)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", typeId);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteDecoder(Utf8JsonWriter json)
    {
        json.WriteStartObject("decoder");
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", true);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", true);
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, string[] tokens, string[] merges, bool ignoreMerges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", ignoreMerges);
        json.WriteStartObject("vocab");
        for (var id = 0; id < tokens.Length; id++)
        {
            json.WriteNumber(tokens[id], id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var merge in merges)
        {
            json.WriteStringValue(merge);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

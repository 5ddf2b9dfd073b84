using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.Architectures;

namespace EnterpriseRag.Inference.Models.Import.Folder;

/// <summary>genai_config.json: what ONNX Runtime GenAI and our own loader read to drive the graph.</summary>
internal static class GenAiConfig
{
    public const string FileName = "genai_config.json";

    public static byte[] Write(DecoderFacts facts, SpecialIds ids, SearchSettings search)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, FolderJson.Indented))
        {
            json.WriteStartObject();
            json.WriteStartObject("model");
            json.WriteString("type", facts.Type);
            WriteOptional(json, "bos_token_id", ids.BeginOfText);
            json.WriteStartArray("eos_token_id");
            foreach (var id in ids.EndOfText)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
            json.WriteNumber("pad_token_id", ids.Padding ?? ids.EndOfText[0]);
            json.WriteNumber("context_length", facts.Context);
            json.WriteNumber("vocab_size", facts.Vocabulary);
            WriteDecoder(json, facts);
            json.WriteEndObject();
            WriteSearch(json, facts, search);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteDecoder(Utf8JsonWriter json, DecoderFacts facts)
    {
        json.WriteStartObject("decoder");
        json.WriteStartObject("session_options");
        json.WriteStartArray("provider_options");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteString("filename", "model.onnx");
        json.WriteNumber("head_size", facts.HeadSize);
        json.WriteNumber("hidden_size", facts.Hidden);
        json.WriteNumber("num_attention_heads", facts.Heads);
        json.WriteNumber("num_hidden_layers", facts.Layers);
        json.WriteNumber("num_key_value_heads", facts.KeyValueHeads);
        json.WriteStartObject("inputs");
        json.WriteString("input_ids", "input_ids");
        json.WriteString("attention_mask", "attention_mask");
        json.WriteString("past_key_names", "past_key_values.%d.key");
        json.WriteString("past_value_names", "past_key_values.%d.value");
        json.WriteEndObject();
        json.WriteStartObject("outputs");
        json.WriteString("logits", "logits");
        json.WriteString("present_key_names", "present.%d.key");
        json.WriteString("present_value_names", "present.%d.value");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSearch(Utf8JsonWriter json, DecoderFacts facts, SearchSettings search)
    {
        json.WriteStartObject("search");
        json.WriteBoolean("do_sample", search.Samples);
        json.WriteNumber("min_length", 0);
        json.WriteNumber("max_length", facts.Context);
        json.WriteNumber("num_beams", 1);
        json.WriteNumber("num_return_sequences", 1);
        json.WriteNumber("repetition_penalty", search.RepetitionPenalty);
        json.WriteNumber("top_k", search.TopK);
        json.WriteNumber("top_p", search.TopP);
        json.WriteNumber("temperature", search.Temperature);
        json.WriteBoolean("early_stopping", true);
        json.WriteNumber("no_repeat_ngram_size", 0);
        json.WriteNumber("diversity_penalty", 0.0);
        json.WriteNumber("length_penalty", 1.0);
        json.WriteBoolean("past_present_share_buffer", true);
        json.WriteEndObject();
    }

    private static void WriteOptional(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}

/// <summary>Ids that the runtime must know.</summary>
/// <param name="BeginOfText">When the model has one.</param>
/// <param name="EndOfText">Ids that end generation; the model's own first, at least one.</param>
/// <param name="Padding">When the model has one.</param>
internal sealed record SpecialIds(int? BeginOfText, IReadOnlyList<int> EndOfText, int? Padding);

/// <summary>How tokens are chosen where a request does not say: greedily, unless the published folder says otherwise.</summary>
internal sealed record SearchSettings(bool Samples, double Temperature, int TopK, double TopP, double RepetitionPenalty)
{
    public static readonly SearchSettings Greedy = new(Samples: false, Temperature: 1, TopK: 50, TopP: 1, RepetitionPenalty: 1);
}

using System.Text.Json;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>Digits one by one, then GPT-2's expression.</summary>
internal sealed class SmolLmSplitter() : Splitter("smollm")
{
    public override void WritePreTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Digits");
        json.WriteBoolean("individual_digits", true);
        json.WriteEndObject();
        WriteByteLevel(json, useRegex: true);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

using System.Text.Json;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>GPT-2's expression on the whole text.</summary>
internal sealed class Gpt2Splitter() : Splitter("gpt-2")
{
    public override void WritePreTokenizer(Utf8JsonWriter json) => WriteByteLevel(json, useRegex: true);
}

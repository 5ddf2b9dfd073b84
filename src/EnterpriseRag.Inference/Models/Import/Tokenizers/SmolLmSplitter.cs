using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>Digits one by one, then GPT-2's expression.</summary>
internal sealed class SmolLmSplitter() : Splitter("smollm", "starcoder", "refact")
{
    public override JsonNode PreTokenizer => Sequence(new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, ByteLevel(useRegex: true));
}

using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>Falcon 7B and 40B: punctuation apart, GPT-2's expression, digits in threes.</summary>
internal sealed class FalconSplitter() : Splitter("falcon")
{
    public override JsonNode PreTokenizer => Sequence(
        new JsonObject { ["type"] = "Punctuation", ["behavior"] = "Contiguous" },
        ByteLevel(useRegex: true),
        new JsonObject { ["type"] = "Digits", ["individual_digits"] = false },
        Split("[0-9][0-9][0-9]", "Isolated", invert: false));
}

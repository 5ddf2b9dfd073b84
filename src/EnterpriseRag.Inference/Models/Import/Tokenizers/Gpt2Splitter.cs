using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>GPT-2's expression on the whole text.</summary>
internal sealed class Gpt2Splitter() : Splitter("gpt-2", "phi-2")
{
    public override JsonNode PreTokenizer => ByteLevel(useRegex: true);
}

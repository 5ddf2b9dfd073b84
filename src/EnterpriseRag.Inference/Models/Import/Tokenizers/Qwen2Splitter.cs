using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>Qwen 2 and 3: composed characters, digits one by one.</summary>
internal sealed class Qwen2Splitter() : Splitter("qwen2", "deepseek-r1-qwen")
{
    public override JsonNode Normalizer => new JsonObject { ["type"] = "NFC" };

    public override JsonNode PreTokenizer =>
        Expression(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+");
}

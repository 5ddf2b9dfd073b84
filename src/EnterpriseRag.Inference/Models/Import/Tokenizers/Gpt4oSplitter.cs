using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>GPT-4o and Phi-4-mini: words split where lower case turns to upper.</summary>
internal sealed class Gpt4oSplitter() : Splitter("gpt-4o")
{
    private const string Regex =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public override JsonNode PreTokenizer => Expression(Regex, "Removed", invert: true);
}

using System.Text.Json.Nodes;

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>Llama 3's expression: digits in threes; whole words that are tokens stay whole.</summary>
internal sealed class Llama3Splitter() : Splitter("llama3", "llama-v3", "llama-bpe", "falcon3")
{
    public override bool IgnoreMerges => true;

    public override bool AddsBegin => true;

    public override JsonNode PreTokenizer =>
        Expression(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+");
}

using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>
/// GPT-2's expression as a scanner over characters:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// .NET's Regex works on UTF-16 units and does not see letters and digits beyond the BMP, so it would divide wrongly.
/// </summary>
internal sealed class Gpt2Scanner : IPieceScanner
{
    public static readonly Gpt2Scanner Shared = new();

    public int NextEnd(ReadOnlySpan<char> text, int start)
    {
        var first = text[start];
        if (first == '\'' && Contractions.Length(text[start..]) is > 0 and var contraction)
        {
            return start + contraction;
        }

        var content = first == ' ' && start + 1 < text.Length ? start + 1 : start;
        var found = CharacterClasses.At(text, content, out _);
        if (found != CharacterClass.Space)
        {
            var wanted = found.Overlaps(CharacterClass.Letter) ? CharacterClass.Letter
                : found.Overlaps(CharacterClass.Number) ? CharacterClass.Number
                : CharacterClass.Sign;
            return CharacterClasses.EndOfRun(text, content, wanted);
        }

        return Spaces.End(text, start, CharacterClasses.EndOfRun(text, start, CharacterClass.Space));
    }

    public void Divide(PreTokenizedText text) => PieceScanning.Divide(this, text);
}

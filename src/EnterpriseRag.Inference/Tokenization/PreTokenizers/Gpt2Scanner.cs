using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>
/// GPT-2's expression as a scanner over characters:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// .NET's Regex works on UTF-16 units and does not see letters and digits beyond the BMP, so it would divide wrongly.
/// </summary>
internal static class Gpt2Scanner
{
    /// <summary>End of the match that begins at <paramref name="start"/>; the matches cover any text without gaps.</summary>
    public static int NextEnd(ReadOnlySpan<char> text, int start)
    {
        var first = text[start];
        if (first == '\'' && ContractionLength(text[start..]) is > 0 and var contraction)
        {
            return start + contraction;
        }

        var content = first == ' ' && start + 1 < text.Length ? start + 1 : start;
        var wanted = CharacterClasses.At(text, content, out _);
        if (wanted != CharacterClass.Space)
        {
            return CharacterClasses.EndOfRun(text, content, wanted);
        }

        // White space that runs to the end is one match; otherwise the last one is left to what follows, if there are two.
        var end = CharacterClasses.EndOfRun(text, start, CharacterClass.Space);
        return end == text.Length || end - start == 1 ? end : end - 1;
    }

    private static int ContractionLength(ReadOnlySpan<char> text) => text switch
    {
        ['\'', 's' or 't' or 'm' or 'd', ..] => 2,
        ['\'', 'r' or 'v', 'e', ..] or ['\'', 'l', 'l', ..] => 3,
        _ => 0,
    };
}

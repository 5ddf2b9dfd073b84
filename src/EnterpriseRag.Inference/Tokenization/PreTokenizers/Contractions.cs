namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>English contractions, <c>'s|'t|'re|'ve|'m|'ll|'d</c>, which all published expressions know.</summary>
internal static class Contractions
{
    /// <summary>Length of the contraction in lower case at the beginning of a text, or 0.</summary>
    public static int Length(ReadOnlySpan<char> text) => text switch
    {
        ['\'', 's' or 't' or 'm' or 'd', ..] => 2,
        ['\'', 'r' or 'v', 'e', ..] or ['\'', 'l', 'l', ..] => 3,
        _ => 0,
    };

    /// <summary>The same in any case, <c>(?i:…)</c>: for Oniguruma the long s (U+017F) is an s.</summary>
    public static int LengthInAnyCase(ReadOnlySpan<char> text) => text switch
    {
        ['\'', 's' or 'S' or '\u017F' or 't' or 'T' or 'm' or 'M' or 'd' or 'D', ..] => 2,
        ['\'', 'r' or 'R' or 'v' or 'V', 'e' or 'E', ..] or ['\'', 'l' or 'L', 'l' or 'L', ..] => 3,
        _ => 0,
    };
}

/// <summary>The last two alternatives of the published expressions, <c>\s+(?!\S)|\s+</c>.</summary>
internal static class Spaces
{
    /// <summary>White space that runs to the end is one match; otherwise the last one is left to what follows, if there are two.</summary>
    public static int End(ReadOnlySpan<char> text, int start, int endOfRun) => endOfRun == text.Length || endOfRun - start == 1 ? endOfRun : endOfRun - 1;

    /// <summary>The same after <c>\s*[\r\n]+</c>, which takes the run up to its last line end.</summary>
    public static int EndWithLines(ReadOnlySpan<char> text, int start, int endOfRun)
    {
        var lastLineEnd = text[start..endOfRun].LastIndexOfAny('\r', '\n');
        return lastLineEnd >= 0 ? start + lastLineEnd + 1 : End(text, start, endOfRun);
    }
}

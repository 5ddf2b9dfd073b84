namespace EnterpriseRag.Ingestion.Extract;

/// <summary>Guesses headings where the format does not say (PDF, plain text, paragraphs in body style). Levels: 1 to 2 by size, 3 divisions and capitals, 4 and deeper numbered clauses.</summary>
internal static class HeadingGuess
{
    public const int DivisionLevel = 3;
    private const int MaxCharacters = 110;
    private const int MaxWords = 14;

    /// <summary>The level, or 0 for body text. <paramref name="sizeRank"/>: 0 = size of the body, 1 = largest, 2 = larger than the body.</summary>
    public static int Level(string text, int lines, int sizeRank)
    {
        if (text.Length is < 2 or > MaxCharacters || lines > 2 || !text.Any(char.IsLetter))
        {
            return 0;
        }

        var marker = ClauseMarker.At(text);
        var title = text.AsSpan(marker.Length).Trim();
        var fits = LooksLikeTitle(title);
        return marker.Kind switch
        {
            MarkerKind.Division when fits || title.IsEmpty => DivisionLevel,
            MarkerKind.Clause when title.IsEmpty => text.Any(c => c is '§' || char.IsAsciiLetter(c)) ? DivisionLevel + 1 : 0,
            MarkerKind.Clause when fits => DivisionLevel + marker.Depth,
            MarkerKind.None when sizeRank > 0 && fits => sizeRank,
            MarkerKind.None when fits && IsCapitals(title) && title.Count(' ') < 9 => DivisionLevel,
            _ => 0,
        };
    }

    /// <summary>Text that cannot be a heading although its style says so: long, more than one sentence, or a sentence of its own.</summary>
    public static bool IsProse(string text)
    {
        var body = text.AsSpan(ClauseMarker.At(text).Length).Trim();
        var inner = body.IndexOf(". ");
        return text.Length > 200
            || (inner > 0 && body.Count(' ') > 9)
            || (body is [.., '.' or ';' or ','] && body.Count(' ') > 6);
    }

    private static bool LooksLikeTitle(ReadOnlySpan<char> title)
    {
        if (title.IsEmpty || title.Count(' ') >= MaxWords || !(char.IsUpper(title[0]) || char.IsDigit(title[0]) || title[0] is '"' or '„' or '“' or '['))
        {
            return false;
        }

        // "Term." under a number is a title; a sentence of its own is not.
        var words = title.Count(' ') + 1;
        return title[^1] switch
        {
            ';' or ',' or '!' => false,
            '.' => words <= 5 && IsTitleCase(title),
            ':' => words <= 2, // longer ones introduce a list
            _ => !title.Contains("; ", StringComparison.Ordinal),
        };
    }

    /// <summary>One to three words, or all longer words with a capital ("Termination for Convenience."): a short sentence has a verb in small letters.</summary>
    public static bool IsTitleCase(ReadOnlySpan<char> text)
    {
        const int LongWord = 5;
        if (text.Count(' ') < 3)
        {
            return true;
        }

        foreach (var word in text.Split(' '))
        {
            if (text[word].Length > LongWord && char.IsLower(text[word][0]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsCapitals(ReadOnlySpan<char> title)
    {
        int upper = 0, lower = 0;
        foreach (var c in title)
        {
            upper += char.IsUpper(c) ? 1 : 0;
            lower += char.IsLower(c) ? 1 : 0;
        }

        return upper >= 4 && lower == 0;
    }
}

using EnterpriseRag.Ingestion.Extract;

namespace EnterpriseRag.Ingestion.Chunk;

/// <summary>
/// Splits German and English text into sentences: each gets its own vector, and the best one is the quotation, so a wrong cut is a wrong quotation.
/// In doubt it does not cut. Line breaks always cut (blocks, list items, table rows). Long sentences are cut at semicolons and lettered items.
/// </summary>
internal static class SentenceSplitter
{
    private const int LongSentence = 400;
    private const int MinPiece = 60;
    private const int MaxPiece = 600;
    private const string Closers = "\"'”’»«“)]›‹";

    /// <summary>Sentences of <paramref name="text"/> in order, trimmed, without overlap; text between them is blank.</summary>
    public static List<TextRange> Split(ReadOnlySpan<char> text)
    {
        var sentences = new List<TextRange>();
        var lineStart = 0;
        while (lineStart < text.Length)
        {
            var length = text[lineStart..].IndexOf('\n');
            var lineEnd = length < 0 ? text.Length : lineStart + length;
            SplitLine(text, lineStart, lineEnd, sentences);
            lineStart = lineEnd + 1;
        }

        return sentences;
    }

    private static void SplitLine(ReadOnlySpan<char> text, int lineStart, int lineEnd, List<TextRange> sentences)
    {
        var line = text[lineStart..lineEnd];
        var start = 0;
        var first = sentences.Count;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] is not ('.' or '!' or '?' or '…'))
            {
                continue;
            }

            var end = i + 1;
            while (end < line.Length && (line[end] is '.' or '!' or '?' or '…' || Closers.Contains(line[end], StringComparison.Ordinal)))
            {
                end++;
            }

            if (end < line.Length && char.IsWhiteSpace(line[end]) && Ends(line, start, i, end))
            {
                Add(text, lineStart + start, lineStart + end, sentences, first);
                start = end;
            }

            i = end - 1;
        }

        Add(text, lineStart + start, lineEnd, sentences, first);
    }

    /// <summary>Whether the stop at <paramref name="stop"/> (closers up to <paramref name="end"/>) ends the sentence begun at <paramref name="start"/>.</summary>
    private static bool Ends(ReadOnlySpan<char> line, int start, int stop, int end)
    {
        var next = line[end..].TrimStart();
        if (next.IsEmpty)
        {
            return true;
        }

        var bare = next.TrimStart("\"'„“‚‘»«([");
        if (bare.IsEmpty || char.IsLower(bare[0]))
        {
            return false;
        }

        if (line[stop] is '!' or '?')
        {
            return true;
        }

        if (line[stop] == '…' || end - stop > 1 && line[stop + 1] == '.')
        {
            return char.IsUpper(bare[0]); // an ellipsis ends a sentence only when a new one visibly begins
        }

        var word = WordBefore(line, start, stop);
        if (word.IsEmpty)
        {
            return true;
        }

        // The numbering at the start of a clause ("1.", "5.2.", "A.") belongs to the sentence behind it.
        if (ClauseMarker.At(line[start..].TrimStart()) is { Kind: not MarkerKind.None } marker
            && stop < start + (line.Length - start - line[start..].TrimStart().Length) + marker.Length)
        {
            return false;
        }

        var following = FirstWord(bare);
        if (IsNumber(word))
        {
            return EndsAtNumber(line, start, stop, word, following, bare);
        }

        if (end - stop > 1)
        {
            return true; // a closing quote or bracket behind the stop
        }

        var known = word.TrimStart('(').ToString();
        if (Abbreviations.Leading.GetAlternateLookup<ReadOnlySpan<char>>().Contains(known))
        {
            // "No." as an answer, "max." as a plain word: only a following number or name makes them abbreviations
            return known is "No" && start == stop - 2 && !char.IsDigit(bare[0]);
        }

        if (Abbreviations.Trailing.GetAlternateLookup<ReadOnlySpan<char>>().Contains(known))
        {
            return IsStarter(following);
        }

        // Initials ("J. Smith"), dotted shorts ("z. B.", "U. S.").
        if (known.Length == 1 && char.IsLetter(known[0]))
        {
            return char.IsUpper(known[0]) && stop - 2 >= start && !IsAfterShort(line, start, stop) && IsStarter(following) && known[0] is not ('B' or 'H' or 'A' or 'U' or 'V' or 'T');
        }

        return true;
    }

    private static bool EndsAtNumber(ReadOnlySpan<char> line, int start, int stop, ReadOnlySpan<char> number, ReadOnlySpan<char> following, ReadOnlySpan<char> next)
    {
        if (number.Length > 2 || number.ContainsAny('.', ',') || char.IsDigit(next[0]))
        {
            // A year, an amount, a clause number. "12. 03. 2024" goes on with a digit.
            return number.Length > 2 || !char.IsDigit(next[0]);
        }

        if (Abbreviations.Months.GetAlternateLookup<ReadOnlySpan<char>>().Contains(following))
        {
            return false;
        }

        var before = WordEndingAt(line, start, stop - number.Length);
        return !Abbreviations.BeforeOrdinal.GetAlternateLookup<ReadOnlySpan<char>>().Contains(before) || IsStarter(following);
    }

    private static bool IsStarter(ReadOnlySpan<char> word) => Abbreviations.Starters.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);

    /// <summary>The single letter before this stop follows another dotted short: "z. B.", "i. V. m.".</summary>
    private static bool IsAfterShort(ReadOnlySpan<char> line, int start, int stop)
    {
        var before = line[start..Math.Max(start, stop - 1)].TrimEnd();
        return before is [.., var letter, '.'] && char.IsLetter(letter) && (before.Length < 3 || !char.IsLetter(before[^3]));
    }

    private static ReadOnlySpan<char> WordBefore(ReadOnlySpan<char> line, int start, int stop)
    {
        var from = stop;
        while (from > start && !char.IsWhiteSpace(line[from - 1]) && line[from - 1] is not ('(' or '[' or '"' or '„' or '“' or '/' or '–'))
        {
            from--;
        }

        return line[from..stop];
    }

    private static ReadOnlySpan<char> WordEndingAt(ReadOnlySpan<char> line, int start, int end)
    {
        var before = line[start..Math.Max(start, end)].TrimEnd();
        var blank = before.LastIndexOfAny(' ', '(', '\t');
        return before[(blank + 1)..];
    }

    private static ReadOnlySpan<char> FirstWord(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && char.IsLetter(text[length]))
        {
            length++;
        }

        return text[..length];
    }

    private static bool IsNumber(ReadOnlySpan<char> word)
    {
        foreach (var c in word)
        {
            if (!char.IsAsciiDigit(c) && c is not ('.' or ','))
            {
                return false;
            }
        }

        return char.IsAsciiDigit(word[0]);
    }

    private static void Add(ReadOnlySpan<char> text, int start, int end, List<TextRange> sentences, int first)
    {
        while (start < end && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        if (start == end)
        {
            return;
        }

        // A run-in title ("5.2 Termination. Either party …") or a stray mark is no sentence to quote alone.
        if (sentences.Count > first && sentences[^1] is var last && (IsRunInTitle(text.Slice(last.Start, last.Length)) || Letters(text[start..end]) < 3))
        {
            sentences.RemoveAt(sentences.Count - 1);
            start = last.Start;
        }

        if (end - start <= LongSentence)
        {
            sentences.Add(new TextRange(start, end - start));
            return;
        }

        SplitLong(text, start, end, sentences);
    }

    private static bool IsRunInTitle(ReadOnlySpan<char> sentence) =>
        Letters(sentence) < 3
        || (sentence.Length <= 70 && sentence.Count(' ') <= 7 && ClauseMarker.At(sentence) is { Kind: MarkerKind.Clause or MarkerKind.Item or MarkerKind.Division } marker
            && sentence.Length > marker.Length && char.IsUpper(sentence[marker.Length]) && sentence[^1] == '.' && HeadingGuess.IsTitleCase(sentence[marker.Length..]));

    private static int Letters(ReadOnlySpan<char> text)
    {
        var letters = 0;
        foreach (var c in text)
        {
            letters += char.IsLetterOrDigit(c) ? 1 : 0;
        }

        return letters;
    }

    private static void SplitLong(ReadOnlySpan<char> text, int start, int end, List<TextRange> sentences)
    {
        var piece = start;
        for (var i = start + MinPiece; i < end - MinPiece; i++)
        {
            var length = i - piece;
            if (length < MinPiece)
            {
                continue;
            }

            var cut = text[i] == ';' && text[i + 1] == ' ' ? i + 1
                : text[i - 1] == ' ' && text[i] == '(' && ClauseMarker.At(text[i..end]).Kind is MarkerKind.Item && text[i - 2] is ',' or ';' or ':' ? i
                : length >= MaxPiece && text[i] == ',' && text[i + 1] == ' ' ? i + 1
                : length >= MaxPiece * 3 / 2 && text[i] == ' ' ? i
                : length >= MaxPiece * 2 && !char.IsLowSurrogate(text[i]) ? i // no blank for that long: not prose
                : -1;
            if (cut > 0)
            {
                AddTrimmed(text, piece, cut, sentences);
                piece = cut;
            }
        }

        AddTrimmed(text, piece, end, sentences);
    }

    private static void AddTrimmed(ReadOnlySpan<char> text, int start, int end, List<TextRange> sentences)
    {
        while (start < end && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        if (end > start)
        {
            sentences.Add(new TextRange(start, end - start));
        }
    }
}

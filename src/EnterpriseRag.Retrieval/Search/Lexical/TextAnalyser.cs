using System.Text;

namespace EnterpriseRag.Retrieval.Search.Lexical;

/// <summary>
/// Splits text into folded terms: letters and digits, lower case, German folding ("Kuendigung" = "Kündigung", "Strasse" = "Straße"), accents off,
/// numbers without thousands separators ("1.000" = "1,000"), references in one spelling ("§ 5 Abs. 2" also gives <c>sec:5</c> and <c>abs:2</c>).
/// No stemming: it was measured and gained nothing (docs/design/retrieval.md). The same code reads documents and questions. Any change of its output needs a new <see cref="Version"/>, which makes indexes rebuild.
/// </summary>
internal static class TextAnalyser
{
    /// <summary>Stored in the manifest of the index.</summary>
    public const int Version = 2;

    /// <summary>Longer runs of letters (base64, broken extraction) are cut here: they are not words.</summary>
    private const int MaxTermChars = 64;

    public static List<Token> Analyse(ReadOnlySpan<char> text)
    {
        var tokens = new List<Token>(text.Length / 6);
        string? prefix = null; // reference word that waits for its number
        var prefixStart = 0;
        var i = 0;
        while (i < text.Length)
        {
            var c = text[i];
            if (IsTermChar(text, i, out var width))
            {
                var start = i;
                i = char.IsAsciiDigit(c) ? NumberEnd(text, i) : WordEnd(text, i, width);
                var run = text[start..i];
                var number = char.IsAsciiDigit(c);
                if (number)
                {
                    AddNumber(tokens, run, start);
                }
                else if (!(run.Length == 1 && start > 0 && IsApostrophe(text[start - 1])))
                {
                    // a lone letter after an apostrophe ("tenant's") is an ending, not a word
                    tokens.Add(new Token(Folding.Fold(Cut(run)), start, run.Length, KindOf(run)));
                }

                if (prefix is not null && (number || IsRoman(run)))
                {
                    tokens.Add(new Token($"{prefix}:{Folding.Fold(Cut(run))}", prefixStart, i - prefixStart, TokenKind.Reference));
                    prefix = null;
                }
                else
                {
                    prefix = ReferenceWords.Canonical(run);
                    prefixStart = start;
                }

                continue;
            }

            if (c == '§')
            {
                prefix = ReferenceWords.Section;
                prefixStart = i;
            }
            else if (c is '.' or '!' or '?' or ':' or '\n')
            {
                // "Art. 17": the stop of an abbreviation does not end the wait for its number
                prefix = c == '.' ? prefix : null;
            }
            else if (!char.IsWhiteSpace(c))
            {
                prefix = null;
            }

            i += width;
        }

        return tokens;
    }

    private static ReadOnlySpan<char> Cut(ReadOnlySpan<char> run) => run.Length <= MaxTermChars ? run : run[..MaxTermChars];

    private static bool IsApostrophe(char c) => c is '\'' or '’';

    private static bool IsTermChar(ReadOnlySpan<char> text, int i, out int width)
    {
        width = 1;
        var c = text[i];
        if (char.IsAscii(c))
        {
            return char.IsAsciiLetterOrDigit(c);
        }

        if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
        {
            width = 2;
            return Rune.IsLetterOrDigit(new Rune(c, text[i + 1]));
        }

        return char.IsLetterOrDigit(c);
    }

    private static int WordEnd(ReadOnlySpan<char> text, int i, int width)
    {
        i += width;
        while (i < text.Length)
        {
            if (IsTermChar(text, i, out width) || IsCombining(text[i]))
            {
                i += width;
            }
            else if (text[i] == '\u00AD')
            {
                i++; // soft hyphen: invisible, inside a word
            }
            else
            {
                break;
            }
        }

        return i;
    }

    private static bool IsCombining(char c) => c >= '\u0300' && char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.NonSpacingMark;

    /// <summary>Digits with the separators between them, and letters stuck to the end ("5a", "2nd").</summary>
    private static int NumberEnd(ReadOnlySpan<char> text, int i)
    {
        while (i < text.Length)
        {
            if (IsTermChar(text, i, out var width))
            {
                i += width;
            }
            else if (text[i] is '.' or ',' or '\'' or '’' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]) && char.IsAsciiDigit(text[i - 1]))
            {
                i++;
            }
            else
            {
                break;
            }
        }

        return i;
    }

    private static void AddNumber(List<Token> tokens, ReadOnlySpan<char> run, int start)
    {
        var separators = 0;
        var thousands = true;
        for (var i = 0; i < run.Length; i++)
        {
            if (run[i] is '.' or ',' or '\'' or '’')
            {
                separators++;
                thousands &= i + 3 < run.Length && char.IsAsciiDigit(run[i + 2]) && char.IsAsciiDigit(run[i + 3])
                    && (i + 4 == run.Length || run[i + 4] is '.' or ',' or '\'' or '’');
            }
        }

        if (separators > 0 && thousands)
        {
            Span<char> digits = stackalloc char[MaxTermChars];
            var n = 0;
            foreach (var c in run)
            {
                if (char.IsLetterOrDigit(c) && n < digits.Length)
                {
                    digits[n++] = c;
                }
            }

            tokens.Add(new Token(Folding.Fold(digits[..n]), start, run.Length, TokenKind.Number));
            return;
        }

        if (separators > 0)
        {
            // "5.2.1" and "3,5" stay whole beside their parts; "31.12.2024" is found by its year as well
            tokens.Add(new Token(Folding.Fold(Cut(run)).Replace(',', '.'), start, run.Length, TokenKind.Number));
        }

        var from = 0;
        for (var i = 0; i <= run.Length; i++)
        {
            if (i == run.Length || run[i] is '.' or ',' or '\'' or '’')
            {
                if (i > from)
                {
                    tokens.Add(new Token(Folding.Fold(Cut(run[from..i])), start + from, i - from, TokenKind.Number));
                }

                from = i + 1;
            }
        }
    }

    private static TokenKind KindOf(ReadOnlySpan<char> run) => run.IndexOfAnyInRange('0', '9') >= 0 ? TokenKind.Number : TokenKind.Word;

    private static bool IsRoman(ReadOnlySpan<char> run) => run.Length <= 6 && !run.ContainsAnyExcept("IVX");
}

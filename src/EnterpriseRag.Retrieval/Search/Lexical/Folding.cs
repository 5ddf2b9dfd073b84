using System.Globalization;
using System.Text;

namespace EnterpriseRag.Retrieval.Search.Lexical;

/// <summary>Lower case without accents; umlauts and ß in their two-letter spelling, so that both spellings meet.</summary>
internal static class Folding
{
    public static string Fold(ReadOnlySpan<char> run)
    {
        foreach (var c in run)
        {
            if (!char.IsAscii(c))
            {
                return FoldUnicode(run);
            }
        }

        return string.Create(run.Length, run, static (target, source) => System.Text.Ascii.ToLower(source, target, out _));
    }

    private static string FoldUnicode(ReadOnlySpan<char> run)
    {
        // Composed first, so that "u" + U+0308 becomes the umlaut it is before accents are dropped.
        var composed = Compose(run.ToString()).ToLowerInvariant();
        var builder = new StringBuilder(composed.Length + 4);
        foreach (var c in composed)
        {
            switch (c)
            {
                case 'ä' or 'æ':
                    builder.Append("ae");
                    break;
                case 'ö' or 'ø' or 'œ':
                    builder.Append("oe");
                    break;
                case 'ü':
                    builder.Append("ue");
                    break;
                case 'ß':
                    builder.Append("ss");
                    break;
                case '\u00AD':
                    break;
                case < '\u0080':
                    builder.Append(c);
                    break;
                default:
                    AppendWithoutAccent(builder, c);
                    break;
            }
        }

        return builder.ToString();
    }

    private static void AppendWithoutAccent(StringBuilder builder, char c)
    {
        if (char.IsSurrogate(c))
        {
            builder.Append(c);
            return;
        }

        foreach (var part in c.ToString().Normalize(NormalizationForm.FormD))
        {
            if (CharUnicodeInfo.GetUnicodeCategory(part) != UnicodeCategory.NonSpacingMark)
            {
                builder.Append(part);
            }
        }
    }

    private static string Compose(string text)
    {
        try
        {
            return text.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // A lone surrogate cannot be normalised; extraction of broken files yields them. The run is kept as it stands.
            return text;
        }
    }
}

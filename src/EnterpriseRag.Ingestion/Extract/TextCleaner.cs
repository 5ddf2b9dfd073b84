using System.Buffers;
using System.Text;

namespace EnterpriseRag.Ingestion.Extract;

/// <summary>
/// Makes foreign text searchable and storable: NFC, no control characters, soft hyphens or zero-width characters, typographic ligatures spelled out,
/// every kind of blank a plain space, lone surrogates replaced (Postgres and NFC refuse them). Runs before offsets are taken, so offsets are always into clean text.
/// </summary>
internal static class TextCleaner
{
    private static readonly SearchValues<char> s_suspicious = SearchValues.Create(MakeSuspicious());

    /// <summary>Cleans one run of text; blanks are not collapsed.</summary>
    public static string Clean(string text)
    {
        if (Ascii.IsValid(text) && text.AsSpan().IndexOfAny(s_suspicious) < 0)
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsSurrogate(c))
            {
                if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                {
                    clean.Append(c).Append(text[++i]);
                }
                else
                {
                    clean.Append('\uFFFD');
                }
            }
            else
            {
                Append(clean, c);
            }
        }

        var result = clean.ToString();
        return result.IsNormalized(NormalizationForm.FormC) ? result : result.Normalize(NormalizationForm.FormC);
    }

    /// <summary>Cleans and collapses every run of blanks and line breaks to one space, trimmed.</summary>
    public static string CleanLine(string text)
    {
        var clean = Clean(text);
        var line = new StringBuilder(clean.Length);
        foreach (var c in clean)
        {
            if (!char.IsWhiteSpace(c))
            {
                line.Append(c);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }
        }

        if (line.Length > 0 && line[^1] == ' ')
        {
            line.Length--;
        }

        return line.Length == clean.Length ? clean : line.ToString();
    }

    private static void Append(StringBuilder clean, char c)
    {
        switch (c)
        {
            case '\t' or '\n':
                clean.Append(c);
                break;
            case '\u00AD' or '\u200B' or '\u2060' or '\uFEFF' or '\r':
                break;
            case >= '\uFB00' and <= '\uFB06':
                clean.Append(c switch { '\uFB00' => "ff", '\uFB01' => "fi", '\uFB02' => "fl", '\uFB03' => "ffi", '\uFB04' => "ffl", _ => "st" });
                break;
            case '\u2028' or '\u2029' or '\u0085' or '\v' or '\f':
                clean.Append('\n');
                break;
            default:
                if (char.IsWhiteSpace(c))
                {
                    clean.Append(' ');
                }
                else if (!char.IsControl(c) && c is not ('\uFFFE' or '\uFFFF'))
                {
                    clean.Append(c);
                }

                break;
        }
    }

    private static string MakeSuspicious() => string.Concat(Enumerable.Range(0, 32).Where(c => c is not ('\n' or '\t')).Select(c => (char)c)) + '\u007F';
}

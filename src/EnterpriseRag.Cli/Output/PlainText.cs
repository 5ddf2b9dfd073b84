using System.Buffers;
using System.Text;

namespace EnterpriseRag.Cli.Output;

/// <summary>Foreign text for a terminal: control characters (escape sequences among them) and direction overrides become U+FFFD.</summary>
internal static class PlainText
{
    // C0 without line end and tab, DEL, C1, and the marks that turn the direction of what follows.
    private static readonly SearchValues<char> s_unsafe = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Select(c => (char)c).Where(c => char.IsControl(c) && c is not ('\n' or '\t')), '\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069']);

    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAny(s_unsafe))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            plain.Append(s_unsafe.Contains(c) ? '\uFFFD' : c);
        }

        return plain.ToString();
    }
}

using System.Buffers;

namespace EnterpriseRag.Retrieval.Search.Lexical;

/// <summary>
/// Takes inflection off a folded term, and only inflection: number, case and verb endings. Derivations stay apart ("terminate" and
/// "termination" differ), because contracts use them for different things. Languages without rules keep the term.
/// </summary>
internal static class LightStemmer
{
    private static readonly SearchValues<char> s_vowels = SearchValues.Create("aeiouy");

    public static string Stem(in Token token, string language) => token.Kind is TokenKind.Number or TokenKind.Reference
        ? token.Term
        : language switch
        {
            "en" => English(token.Term),
            "de" => German(token.Term),
            _ => token.Term,
        };

    private static string English(string term)
    {
        var s = term.AsSpan();
        if (s.Length > 4 && s.EndsWith("ies"))
        {
            return string.Concat(s[..^3], "y");
        }

        if (s.Length > 4 && (s.EndsWith("sses") || s.EndsWith("xes") || s.EndsWith("ches") || s.EndsWith("shes") || s.EndsWith("zes")))
        {
            s = s[..^2];
        }
        else if (s.Length > 3 && s[^1] == 's' && s[^2] is not ('s' or 'u' or 'i'))
        {
            s = s[..^1];
        }

        if (s.Length > 5 && s.EndsWith("ing") && HasVowel(s[..^3]))
        {
            s = Undouble(s[..^3]);
        }
        else if (s.Length > 4 && s.EndsWith("ied"))
        {
            return string.Concat(s[..^3], "y");
        }
        else if (s.Length > 4 && s.EndsWith("ed") && HasVowel(s[..^2]))
        {
            s = Undouble(s[..^2]);
        }

        if (s.Length > 3 && s[^1] == 'e')
        {
            s = s[..^1];
        }

        return s.Length == term.Length ? term : s.ToString();
    }

    private static bool HasVowel(ReadOnlySpan<char> s) => s.ContainsAny(s_vowels);

    private static ReadOnlySpan<char> Undouble(ReadOnlySpan<char> s) =>
        s.Length > 3 && s[^1] == s[^2] && s[^1] is not ('l' or 's' or 'z' or 'e' or 'o') ? s[..^1] : s;

    private static string German(string term)
    {
        var s = term.AsSpan();
        if (s.Length > 6 && s.EndsWith("ern"))
        {
            s = s[..^3];
        }
        else if (s.Length > 5 && s[^2] == 'e' && s[^1] is 'm' or 'n' or 'r' or 's')
        {
            s = s[..^2];
        }
        else if (s.Length > 4 && s[^1] == 'e')
        {
            s = s[..^1];
        }
        else if (s.Length > 4 && s[^1] == 's' && s[^2] is 'b' or 'd' or 'f' or 'g' or 'h' or 'k' or 'l' or 'm' or 'n' or 'r' or 't')
        {
            s = s[..^1];
        }

        // The plural's umlaut: Vertrag, Verträge. Both spellings of the umlaut collapse to the plain vowel.
        Span<char> plain = stackalloc char[s.Length];
        var n = 0;
        for (var i = 0; i < s.Length; i++)
        {
            plain[n++] = s[i];
            var umlaut = i + 1 < s.Length && s[i + 1] == 'e' && s[i] is 'a' or 'o' or 'u';
            var diphthong = i > 0 && s[i - 1] is 'q' or 'e' or 'a'; // "neue", "Quelle", "genaue" hold no umlaut
            if (umlaut && !diphthong)
            {
                i++;
            }
        }

        return n == term.Length ? term : plain[..n].ToString();
    }
}

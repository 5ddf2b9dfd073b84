namespace EnterpriseRag.Retrieval.Search.Lexical;

/// <summary>Words that name a numbered place of a legal text, mapped to one spelling for English and German.</summary>
internal static class ReferenceWords
{
    public const string Section = "sec";

    private static readonly Dictionary<string, string> s_canonical = new(StringComparer.OrdinalIgnoreCase)
    {
        ["art"] = "art",
        ["artikel"] = "art",
        ["artikels"] = "art",
        ["article"] = "art",
        ["articles"] = "art",
        ["section"] = Section,
        ["sections"] = Section,
        ["sec"] = Section,
        ["clause"] = Section,
        ["ziffer"] = Section,
        ["ziff"] = Section,
        ["klausel"] = Section,
        ["abschnitt"] = Section,
        ["paragraf"] = Section,
        ["absatz"] = "abs",
        ["abs"] = "abs",
        ["paragraph"] = "abs",
        ["para"] = "abs",
        ["annex"] = "annex",
        ["anhang"] = "annex",
        ["anlage"] = "annex",
        ["appendix"] = "annex",
        ["schedule"] = "annex",
        ["exhibit"] = "annex",
        ["kapitel"] = "chapter",
        ["chapter"] = "chapter",
    };

    private static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> s_lookup = s_canonical.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Null when the word names no such place.</summary>
    public static string? Canonical(ReadOnlySpan<char> word) => word.Length is >= 3 and <= 9 && s_lookup.TryGetValue(word, out var found) ? found : null;
}

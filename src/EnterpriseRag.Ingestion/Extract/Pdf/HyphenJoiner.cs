namespace EnterpriseRag.Ingestion.Extract.Pdf;

internal enum HyphenJoin
{
    Space,
    DropHyphen,
    KeepHyphen,
}

/// <summary>Decides what a hyphen at a line end was: a broken word ("Kündi-gung"), a compound ("long-term") or a suspended one ("Bau- und"). The document's own words settle doubts.</summary>
internal sealed class HyphenJoiner
{
    private static readonly HashSet<string> s_connectors = new(StringComparer.OrdinalIgnoreCase) { "und", "oder", "bzw.", "sowie", "als", "noch", "and", "or", "to", "bis" };

    private readonly HashSet<string> _words = new(StringComparer.OrdinalIgnoreCase);

    public HyphenJoiner(List<PdfPage> pages)
    {
        foreach (var line in pages.SelectMany(p => p.Blocks).SelectMany(b => b.Lines))
        {
            // The last word of a line may itself be broken.
            foreach (var word in line.Words.Take(line.Words.Count - 1))
            {
                _words.Add(Bare(word.Text));
            }
        }
    }

    public HyphenJoin Join(string before, string after)
    {
        if (before.Length < 2 || before[^1] is not ('-' or '\u2010') || !char.IsLetterOrDigit(before[^2]))
        {
            return HyphenJoin.Space;
        }

        if (s_connectors.Contains(after))
        {
            return HyphenJoin.Space;
        }

        if (!char.IsLower(after[0]) || !char.IsLetter(before[^2]))
        {
            return char.IsLetterOrDigit(after[0]) ? HyphenJoin.KeepHyphen : HyphenJoin.Space;
        }

        var stem = before[..^1];
        var joined = _words.Contains(Bare(stem + after));
        return !joined && (_words.Contains(Bare(before + after)) || stem.Contains('-', StringComparison.Ordinal)) ? HyphenJoin.KeepHyphen : HyphenJoin.DropHyphen;
    }

    private static string Bare(string word) => word.Trim('.', ',', ';', ':', '(', ')', '"', '„', '“', '”', '!', '?');
}

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

    // A text set with hyphenation breaks a word every few lines. Where almost no line ends in a hyphen, those that do are compounds.
    private const double HyphenatedFrom = 0.03;
    private const int EnoughLines = 40;

    private readonly HashSet<string> _words = new(StringComparer.OrdinalIgnoreCase);
    private readonly bool _keepsByDefault;

    public HyphenJoiner(List<PdfPage> pages)
    {
        int lines = 0, hyphens = 0;
        foreach (var line in pages.SelectMany(p => p.Blocks).SelectMany(b => b.Lines))
        {
            // The last word of a line may itself be broken.
            foreach (var word in line.Words.Take(line.Words.Count - 1))
            {
                _words.Add(Bare(word.Text));
            }

            lines++;
            hyphens += line.Text[^1] is '-' or '\u2010' ? 1 : 0;
        }

        _keepsByDefault = lines >= EnoughLines && hyphens < lines * HyphenatedFrom;
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
        return !joined && (_keepsByDefault || _words.Contains(Bare(before + after)) || stem.Contains('-', StringComparison.Ordinal)) ? HyphenJoin.KeepHyphen : HyphenJoin.DropHyphen;
    }

    private static string Bare(string word) => word.Trim('.', ',', ';', ':', '(', ')', '"', '„', '“', '”', '!', '?');
}

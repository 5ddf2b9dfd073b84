using System.Text.RegularExpressions;

namespace EnterpriseRag.Ingestion.Extract;

/// <summary>What kind of numbering stands at the start of a paragraph.</summary>
internal enum MarkerKind
{
    None,

    /// <summary>Part, chapter, annex, schedule: holds clauses.</summary>
    Division,

    /// <summary>§ 5, Art. 5, 5., 5.2.1: depth 1, 2, 3.</summary>
    Clause,

    /// <summary>(a), (iv), a), aa): an item inside a clause.</summary>
    Item,

    /// <summary>•, –, *.</summary>
    Bullet,
}

/// <summary>The numbering at the start of a paragraph: kind, depth (clauses count their numbers, items start at 1) and length with the blank behind it.</summary>
internal readonly partial record struct ClauseMarker(MarkerKind Kind, int Depth, int Length)
{
    private const RegexOptions Options = RegexOptions.CultureInvariant;

    public static ClauseMarker At(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !(char.IsAsciiLetterOrDigit(text[0]) || text[0] is '§' or '(' or '•' or '–' or '-' or '*' or '▪' or '◦' or '·' or '■' or '●'))
        {
            return default;
        }

        var head = text[..Math.Min(text.Length, 48)];
        return Try(head, Division(), MarkerKind.Division)
            ?? Try(head, NamedClause(), MarkerKind.Clause)
            ?? Numbered(head)
            ?? Try(head, LetteredItem(), MarkerKind.Item)
            ?? Try(head, Capital(), MarkerKind.Clause)
            ?? Try(head, BulletSign(), MarkerKind.Bullet)
            ?? default;
    }

    private static ClauseMarker? Try(ReadOnlySpan<char> head, Regex regex, MarkerKind kind)
    {
        foreach (var match in regex.EnumerateMatches(head))
        {
            return new ClauseMarker(kind, 1, match.Length);
        }

        return null;
    }

    private static ClauseMarker? Numbered(ReadOnlySpan<char> head)
    {
        foreach (var match in Number().EnumerateMatches(head))
        {
            var rest = head[match.Length..];
            var number = head[..match.Length].TrimEnd();
            var dots = number.TrimEnd('.').Count('.');
            // "1. Januar 2025" and "12.03.2024" are dates, "2.5 million" is an amount.
            if (StartsWithMonth(rest) || (dots == 2 && number.TrimEnd('.').Length >= 8) || (dots > 0 && !rest.IsEmpty && char.IsLower(rest[0])))
            {
                return null;
            }

            return new ClauseMarker(MarkerKind.Clause, dots + 1, match.Length);
        }

        return null;
    }

    private static bool StartsWithMonth(ReadOnlySpan<char> rest)
    {
        foreach (var _ in Month().EnumerateMatches(rest))
        {
            return true;
        }

        return false;
    }

    [GeneratedRegex(@"^(?:PART|Part|Teil|TEIL|Chapter|CHAPTER|Kapitel|KAPITEL|Abschnitt|ABSCHNITT|Titel|TITEL|Title|TITLE|Annex|ANNEX|Annexe|Appendix|APPENDIX|Schedule|SCHEDULE|Exhibit|EXHIBIT|Anlage|ANLAGE|Anhang|ANHANG|Buch|BUCH)\s(?:[0-9]{1,3}|[IVXLC]{1,6}|[A-Z])(?:[.:]|\b)\s*", Options)]
    private static partial Regex Division();

    [GeneratedRegex(@"^(?:§{1,2}\s?[0-9]{1,4}[a-z]{0,2}|(?:Art\.|Artikel|ARTIKEL|Article|ARTICLE|Section|SECTION|Sec\.|Clause|CLAUSE|Ziffer|Ziff\.|Klausel)\s(?:[0-9]{1,4}[a-z]?(?:\.[0-9]{1,3})*|[IVXLC]{1,6}\b))[.:)]?\s*", Options)]
    private static partial Regex NamedClause();

    [GeneratedRegex(@"^[0-9]{1,3}(?:(?:\.[0-9]{1,3}){1,5}\.?|[.)])(?:\s+|$)", Options)]
    private static partial Regex Number();

    [GeneratedRegex(@"^(?:\((?:[a-z]{1,2}|[ivx]{1,6}|[0-9]{1,3}|[A-Z])\)|(?:[a-z]|aa|bb|cc|dd|ee|ff|[ivx]{1,5})\))(?:\s+|$)", Options)]
    private static partial Regex LetteredItem();

    [GeneratedRegex(@"^(?:[A-H]|[IVX]{1,5})\.\s+(?=[\p{Lu}""„“])", Options)]
    private static partial Regex Capital();

    [GeneratedRegex(@"^(?:[•▪◦·■●*]|[–-])\s+", Options)]
    private static partial Regex BulletSign();

    [GeneratedRegex("^(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|January|February|March|May|June|July|October|December)\\b", Options)]
    private static partial Regex Month();
}

using System.Collections.Frozen;

namespace EnterpriseRag.Ingestion.Chunk;

/// <summary>Words whose full stop ends no sentence, and words that begin one. German and English together: contracts mix them.</summary>
internal static class Abbreviations
{
    /// <summary>Never end a sentence: a name, number or word always follows.</summary>
    public static readonly FrozenSet<string> Leading = new[]
    {
        "abs", "art", "nr", "nrn", "ziff", "kap", "lit", "buchst", "rn", "rz", "rdnr", "anm", "tz", "aufl", "bd", "hrsg", "vgl", "gem", "bzgl", "bspw", "insb", "insbes", "zzgl", "inkl", "exkl", "ggf",
        "bzw", "ca", "evtl", "sog", "dgl", "einschl", "entspr", "lt", "mind", "max", "min", "mtl", "jährl", "tel", "str", "hr", "fr", "dr", "prof", "dipl", "ing", "med", "jur", "rer", "nat", "geb",
        "verst", "st", "mr", "mrs", "ms", "messrs", "hon", "rev", "gen", "col", "capt", "lt", "sgt", "vs", "v", "cf", "sec", "secs", "para", "paras", "pp", "fig", "figs", "no", "nos", "vol", "vols",
        "ch", "approx", "est", "incl", "excl", "dept", "e.g", "i.e", "eg", "ie", "viz", "al", "ibid", "op", "cit", "jan", "feb", "mrz", "apr", "jun", "jul", "aug", "sept", "sep", "okt", "oct", "nov", "dez", "dec",
        "mio", "mrd", "tsd", "std", "sek", "z.b", "d.h", "u.a", "i.v.m", "i.d.r", "i.s.d", "i.h.v", "u.u", "z.t", "o.g", "o.ä", "s.o", "s.u", "v.a", "z.hd", "i.a", "i.v", "m.e", "a.a.o", "a.o", "n.f", "a.f", "e.v", "h.m", "p.a",
        "ust", "mwst", "gez", "verb", "sen", "jr", "sr", "svgl", "amtl", "begr", "erl", "gg", "idf", "ivm", "bl", "az", "beschl", "urt", "slg", "plc",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>May end a sentence; they do when a word of <see cref="Starters"/> follows.</summary>
    public static readonly FrozenSet<string> Trailing = new[]
    {
        "etc", "usw", "usf", "ff", "f", "inc", "ltd", "corp", "co", "llc", "bros", "u.s", "u.k", "u.n", "e.u", "a.m", "p.m", "ph.d", "d.c", "n.a", "s.a", "b.v", "n.v", "s.p.a", "jhdt", "jh", "uvm", "u.v.m", "o.dgl", "gmbh", "s.r.l",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static readonly FrozenSet<string> Starters = new[]
    {
        "the", "this", "that", "these", "those", "it", "its", "in", "if", "each", "either", "any", "all", "such", "no", "nothing", "neither", "for", "upon", "unless", "where", "when", "while", "however", "we", "you", "they", "he",
        "she", "there", "as", "at", "on", "by", "with", "to", "a", "an", "after", "before", "both", "every", "except", "subject", "notwithstanding", "provided", "our", "your", "their", "his", "her", "but", "and", "or", "from", "during", "since", "although",
        "der", "die", "das", "den", "dem", "des", "ein", "eine", "einer", "eines", "einem", "einen", "es", "er", "sie", "wir", "ihr", "dies", "diese", "dieser", "dieses", "diesen", "diesem", "im", "ist", "sind", "wird", "werden", "hat", "haben", "soweit", "sofern", "falls", "wenn", "bei", "mit", "nach",
        "vor", "für", "durch", "auf", "aus", "zu", "zum", "zur", "über", "unter", "ohne", "gegen", "bis", "alle", "jede", "jeder", "jedes", "kein", "keine", "nicht", "auch", "doch", "aber", "oder", "und", "so", "damit", "dabei", "daher", "danach", "dazu", "hierzu", "hiervon", "dann", "darüber", "außerdem", "weitere", "sonstige", "etwaige", "beide", "da", "weil", "während", "seit", "von", "vom", "am", "an",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Before a number with a full stop they make it a reference ("Section 5."), so the stop ends the sentence.</summary>
    public static readonly FrozenSet<string> Referring = new[]
    {
        "section", "sections", "clause", "clauses", "article", "articles", "paragraph", "paragraphs", "schedule", "annex", "exhibit", "appendix", "page", "part", "chapter", "item", "version", "no.", "sec.", "art.", "abs.", "absatz", "artikel", "nr.", "nummer", "ziffer", "ziff.", "satz", "seite", "kapitel", "anlage", "anhang", "abschnitt", "§", "§§", "lit.", "s.", "rn.",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Before a number with a full stop they make it a German ordinal ("am 1. Januar", "die 2. Kammer").</summary>
    public static readonly FrozenSet<string> BeforeOrdinal = new[]
    {
        "der", "die", "das", "dem", "den", "des", "am", "vom", "zum", "zur", "im", "bis", "ab", "seit", "beim", "jeder", "jede", "jedes", "jeden", "jedem", "ein", "eine", "einen", "einem", "einer", "eines", "dieser", "diese", "dieses", "seinem", "ihrem", "seinen", "ihren", "seine", "ihre", "und", "oder", "sowie", "aus", "nach", "vor", "zwischen", "ins",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static readonly FrozenSet<string> Months = new[]
    {
        "januar", "jänner", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember", "quartal", "halbjahr", "jahrhundert", "jahrhunderts", "lebensjahr", "lebensjahres", "senat", "senats", "kammer", "zivilsenat", "strafsenat", "jahrtausend", "tag", "monat", "woche",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}

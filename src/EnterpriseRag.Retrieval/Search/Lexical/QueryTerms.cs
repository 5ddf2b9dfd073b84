namespace EnterpriseRag.Retrieval.Search.Lexical;

/// <summary>
/// The terms of a question as passages of one language hold them. Where question and passage share a language all terms count; elsewhere only
/// numbers and references: the same letters in another language are mostly another word, and plain fusion with them ruins
/// cross-lingual search (XQuAD EN→DE .856 dense, .539 with BM25 by rank).
/// </summary>
internal sealed class QueryTerms
{
    /// <summary>Language code of texts that are too short or too mixed to name one.</summary>
    public const string Undetermined = "und";

    private readonly List<Token> _tokens;

    public QueryTerms(string text, string language)
    {
        Language = language;
        _tokens = TextAnalyser.Analyse(text);
    }

    public string Language { get; }

    /// <summary>An undetermined language agrees with every other: nothing speaks against its words.</summary>
    public static bool Agree(string a, string b) =>
        string.Equals(a, b, StringComparison.Ordinal) || string.Equals(a, Undetermined, StringComparison.Ordinal) || string.Equals(b, Undetermined, StringComparison.Ordinal);

    /// <summary>Distinct terms to look for in passages of <paramref name="passageLanguage"/>.</summary>
    public IReadOnlySet<string> In(string passageLanguage)
    {
        var all = Agree(Language, passageLanguage);
        var terms = new HashSet<string>(StringComparer.Ordinal);
        foreach (var token in _tokens)
        {
            if (all || token.IsAnchor)
            {
                terms.Add(token.Term);
            }
        }

        return terms;
    }
}

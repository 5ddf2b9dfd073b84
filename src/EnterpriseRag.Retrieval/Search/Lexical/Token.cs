namespace EnterpriseRag.Retrieval.Search.Lexical;

internal enum TokenKind
{
    Word,

    /// <summary>Holds a digit.</summary>
    Number,

    /// <summary>A numbered place of a legal text in one spelling for all languages: <c>art:17</c> for "Art. 17", "Artikel 17", "Article 17".</summary>
    Reference,
}

/// <summary>One term of a text. <c>Term</c> is folded; range in the text (a reference covers both of its words).</summary>
internal readonly record struct Token(string Term, int Start, int Length, TokenKind Kind)
{
    /// <summary>Means the same in every language. Names were measured too, and hurt: they are no evidence across languages (docs/design/retrieval.md).</summary>
    public bool IsAnchor => Kind is TokenKind.Number or TokenKind.Reference;
}

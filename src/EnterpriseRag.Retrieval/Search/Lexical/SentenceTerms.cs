namespace EnterpriseRag.Retrieval.Search.Lexical;

/// <summary>Which share of the question's terms a sentence holds, weighted by how rare they are among the readable passages.</summary>
internal sealed class SentenceTerms(LexicalScan lexical, string queryLanguage)
{
    /// <summary>0 to 1; 0 where question and sentence differ in language.</summary>
    /// <param name="sentence">Text of the sentence.</param>
    /// <param name="passageLanguage">Language of the passage around it: terms are weighed by its language.</param>
    /// <param name="sentenceLanguage">Language of the sentence itself.</param>
    public float Share(ReadOnlySpan<char> sentence, string passageLanguage, string sentenceLanguage)
    {
        if (!QueryTerms.Agree(queryLanguage, passageLanguage) || !QueryTerms.Agree(queryLanguage, sentenceLanguage))
        {
            return 0;
        }

        var idf = lexical.Idf(passageLanguage);
        var all = idf.Values.Sum();
        if (all <= 0)
        {
            return 0;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var shared = 0f;
        foreach (var token in TextAnalyser.Analyse(sentence))
        {
            if (idf.TryGetValue(token.Term, out var weight) && seen.Add(token.Term))
            {
                shared += weight;
            }
        }

        return shared / all;
    }
}

using EnterpriseRag.Foundation;

namespace EnterpriseRag.Retrieval.Search;

/// <summary>What to look for. <c>Passages</c> is the number of passages wanted (1 to 100).</summary>
public sealed record SearchQuery(string Text, int Passages = 10);

/// <summary>A sentence of a passage: range in <see cref="Passage.Text"/>, cosine with the query (-1 to 1), idf-weighted share of the query's terms that it holds (0 where languages differ).</summary>
public sealed record PassageSentence(int Start, int Length, string Language, float Cosine, float TermScore);

/// <summary>A retrieved chunk with its text. <c>Start</c> is the UTF-16 offset in the document text; <c>Score</c> is the fused score, comparable only within one result.</summary>
public sealed record Passage(
    MatterId Matter,
    DocumentId Document,
    DocumentVersionId Version,
    string DocumentName,
    int Ordinal,
    int Page,
    int Start,
    IReadOnlyList<string> HeadingPath,
    string Language,
    string Text,
    float Score,
    float Cosine, // of the passage's own vector
    float LexicalScore, // BM25, 0 where it does not count
    IReadOnlyList<PassageSentence> Sentences);

/// <summary>Ranked passages, best first, with what the ledger and the answer need to know about the search.</summary>
public sealed record SearchResult(
    string QueryLanguage,
    IReadOnlyList<Passage> Passages,
    int DeniedByAccess,
    float BestScoreZ, // z-score of the best dense score among all scanned passages: how far it stands out
    string IndexVersion,
    string EmbeddingModelSha256);

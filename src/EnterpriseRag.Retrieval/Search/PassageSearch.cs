using System.Diagnostics;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Index.Embedded;
using EnterpriseRag.Retrieval.Search.Dense;
using EnterpriseRag.Retrieval.Search.Fusion;
using EnterpriseRag.Retrieval.Search.Lexical;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Retrieval.Search;

/// <summary>Finds passages for a question. Safe for concurrent callers.</summary>
public sealed class PassageSearch
{
    private const int MostPassages = 100;

    private readonly EmbeddedPassageIndex _index;
    private readonly IEmbeddingGenerator<string, Embedding<float>> _embedder;
    private readonly EmbeddingModelInfo _model;
    private readonly LanguageIdentifier _languages;
    private readonly StoredPassages _stored;
    private readonly Reconciler _reconciler;
    private readonly TimeProvider _time;
    private readonly ScanSettings _settings;

    internal PassageSearch(
        EmbeddedPassageIndex index,
        IEmbeddingGenerator<string, Embedding<float>> queryEmbedder,
        EmbeddingModelInfo model,
        LanguageIdentifier languages,
        StoredPassages stored,
        Reconciler reconciler,
        TimeProvider time,
        ScanSettings settings)
    {
        _index = index;
        _embedder = queryEmbedder;
        _model = model;
        _languages = languages;
        _stored = stored;
        _reconciler = reconciler;
        _time = time;
        _settings = settings;
    }

    /// <summary>The best passages that <paramref name="scope"/> permits, best first; fewer than asked for when there are no more.</summary>
    /// <exception cref="TicketRefusedException">The ticket does not open retrieval; nothing was searched.</exception>
    public async Task<SearchResult> SearchAsync(AuditTicket ticket, ReadableScope scope, SearchQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        ArgumentNullException.ThrowIfNull(scope);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Passages, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Passages, MostPassages);
        ticket.Redeem(TicketUse.Retrieval, _time.GetUtcNow());

        using var activity = RetrievalTelemetry.Activities.StartActivity("search");
        var started = Stopwatch.GetTimestamp();
        var embedding = await _embedder.GenerateAsync([query.Text], cancellationToken: cancellationToken);
        using var snapshot = _index.Acquire();
        var language = _languages.Identify(query.Text, LanguagesOf(snapshot, scope.Matters)).Language;
        var ranked = Ranking.Rank(
            snapshot,
            new QueryCode(embedding[0].Vector),
            new QueryTerms(query.Text, language),
            scope.Matters,
            scope.Walled,
            query.Passages,
            _settings,
            cancellationToken);
        var passages = await LoadAsync(snapshot, ranked, language, scope.Matters, query.Passages, cancellationToken);
        RetrievalTelemetry.SearchMilliseconds.Record(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        return new SearchResult(language, passages, ranked.DeniedByAccess, ranked.BestScoreZ, snapshot.Name, _model.Sha256);
    }

    private static HashSet<string> LanguagesOf(IndexSnapshot snapshot, IReadOnlySet<MatterId> matters)
    {
        var languages = new HashSet<string>(StringComparer.Ordinal);
        foreach (var view in snapshot.Segments)
        {
            foreach (var matter in matters)
            {
                languages.UnionWith(view.Languages.GetValueOrDefault(matter, []));
            }
        }

        languages.Remove(QueryTerms.Undetermined);
        return languages;
    }

    /// <summary>Takes ranked passages until enough of them have a text; those that Postgres no longer shows go to the reconciler.</summary>
    private async Task<List<Passage>> LoadAsync(
        IndexSnapshot snapshot, RankedPassages ranked, string queryLanguage, IReadOnlySet<MatterId> matters, int wanted, CancellationToken cancellationToken)
    {
        var sentenceTerms = new SentenceTerms(ranked.Lexical, queryLanguage);
        var passages = new List<Passage>(wanted);
        var stale = new Dictionary<DocumentVersionId, DocumentId>();
        for (var from = 0; passages.Count < wanted && from < ranked.Best.Count;)
        {
            var page = ranked.Best.Skip(from).Take(wanted - passages.Count).Select(r => (Ranked: r, Ids: IdsOf(snapshot, r.Key))).ToList();
            from += page.Count;
            var stored = await _stored.LoadAsync(page.ConvertAll(p => (p.Ids.Version, p.Ids.Ordinal)), matters, cancellationToken);
            foreach (var (hit, ids) in page)
            {
                if (stored.TryGetValue((ids.Version, ids.Ordinal), out var text) && text.SentenceStarts.Length == hit.Dense.SentenceCosines.Length)
                {
                    passages.Add(ToPassage(hit, ids, text, sentenceTerms, queryLanguage));
                }
                else
                {
                    stale[ids.Version] = ids.Document;
                }
            }
        }

        if (stale.Count > 0)
        {
            _reconciler.Report(stale.Values);
        }

        return passages;
    }

    private static (DocumentId Document, DocumentVersionId Version, int Ordinal) IdsOf(IndexSnapshot snapshot, PassageKey key)
    {
        var segment = snapshot.Segments[key.Segment].Segment;
        var row = segment.Passages[key.Passage];
        var version = segment.Versions[row.Version];
        return (new DocumentId(version.Document), new DocumentVersionId(version.Version), row.Ordinal);
    }

    private static Passage ToPassage(
        RankedPassage hit, (DocumentId Document, DocumentVersionId Version, int Ordinal) ids, StoredPassage text, SentenceTerms terms, string queryLanguage)
    {
        var sentences = new PassageSentence[text.SentenceStarts.Length];
        for (var s = 0; s < sentences.Length; s++)
        {
            var (start, length, language) = (text.SentenceStarts[s], text.SentenceLengths[s], text.SentenceLanguages[s]);
            var share = terms.Share(text.Text.AsSpan(start, length), text.Language, language);
            sentences[s] = new PassageSentence(start, length, language, hit.Dense.SentenceCosines[s], share);
        }

        return new Passage(
            text.Matter,
            ids.Document,
            ids.Version,
            text.DocumentName,
            ids.Ordinal,
            text.Page,
            text.Start,
            text.HeadingPath,
            text.Language,
            text.Text,
            hit.Score,
            hit.Dense.Cosine,
            QueryTerms.Agree(queryLanguage, text.Language) ? hit.Lexical : 0,
            sentences);
    }
}

using EnterpriseRag.Foundation;
using EnterpriseRag.Inference;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Retrieval;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Search;
using EnterpriseRag.Storage;
using EnterpriseRag.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Evaluation;

/// <summary>A text of an evaluation set: one document with one passage.</summary>
internal sealed record EvaluationText(string Name, string Text);

/// <summary>
/// The product's own embedder, language identifier, index, fusion and Postgres, without host and ledger. Every text becomes one document
/// of one passage, so that a hit means the text.
/// </summary>
internal sealed class EvaluationHost : IAsyncDisposable
{
    private readonly TestDatabases _databases;
    private readonly ServiceProvider _services;
    private readonly PersonId _person;
    private readonly IdFactory _ids = new(TimeProvider.System);

    private EvaluationHost(TestDatabases databases)
    {
        _databases = databases;
        _person = new PersonId(_ids.Next());
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(databases.Configuration).Build();
        var services = new ServiceCollection();
        services.AddLogging(l => l.SetMinimumLevel(LogLevel.Warning));
        services.AddSingleton(databases.Databases);
        services.AddInference(configuration);
        services.AddRetrieval(configuration);
        services.AddOptions<DataOptions>().Bind(configuration.GetSection(DataOptions.Section));
        services.TryAddSingleton(_ => LanguageIdentifier.Load(RepositoryFiles.Model("langid")));
        _services = services.BuildServiceProvider();
    }

    public IServiceProvider Services => _services;

    public IEmbeddingGenerator<string, Embedding<float>> QueryEmbedder => _services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(EmbeddingRoles.Query);

    public static async Task<EvaluationHost> StartAsync() => new(await (await PostgresCluster.SharedAsync()).CreateDatabasesAsync());

    /// <summary>A matter of its own with these texts; returns it with the document of each text.</summary>
    public async Task<(MatterId Matter, IReadOnlyList<DocumentId> Documents)> AddMatterAsync(IReadOnlyList<EvaluationText> texts, CancellationToken cancellationToken)
    {
        var matter = new MatterId(_ids.Next());
        await using (var context = await _databases.Contexts.CreateDbContextAsync(cancellationToken))
        {
            context.Matters.Add(new Matter
            {
                Id = matter, Name = $"Evaluation {matter}", Purpose = "evaluation", LegalBasis = "public data", RetentionClass = "none", CreatedAt = TimeProvider.System.GetUtcNow(),
            });
            context.MatterMembers.Add(new MatterMember { MatterId = matter, PersonId = _person });
            await context.SaveChangesAsync(cancellationToken);
        }

        var documents = new List<DocumentId>(texts.Count);
        foreach (var batch in texts.Chunk(100))
        {
            var passages = await PassagesAsync(batch, cancellationToken);
            await using var context = await _databases.Contexts.CreateDbContextAsync(cancellationToken);
            var publishing = new List<Task>();
            for (var i = 0; i < batch.Length; i++)
            {
                var version = new IndexedVersion(matter, new DocumentId(_ids.Next()), new DocumentVersionId(_ids.Next()), [passages[i]]);
                documents.Add(version.Document);
                AddRows(context, version, batch[i].Name);
                publishing.Add(_services.GetRequiredService<IPassageIndex>().PublishAsync(version, cancellationToken));
            }

            await Task.WhenAll(publishing);
            await context.SaveChangesAsync(cancellationToken);
        }

        return (matter, documents);
    }

    public async Task<SearchResult> SearchAsync(MatterId matter, string question, int passages, CancellationToken cancellationToken)
    {
        var scope = await _services.GetRequiredService<ScopeResolver>().ResolveAsync(_person, cancellationToken);
        var ticket = TestTickets.Issue(TicketUse.Retrieval);
        return await _services.GetRequiredService<PassageSearch>().SearchAsync(ticket, scope.Within([matter]), new SearchQuery(question, passages), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _databases.DisposeAsync();
    }

    private async Task<IndexedPassage[]> PassagesAsync(EvaluationText[] texts, CancellationToken cancellationToken)
    {
        var embedder = _services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(EmbeddingRoles.Passage);
        var languages = _services.GetRequiredService<LanguageIdentifier>();
        var ranges = texts.Select(t => SentenceRanges.Split(t.Text)).ToArray();
        var all = texts.Select(t => t.Text).Concat(texts.SelectMany((t, i) => ranges[i].Select(r => t.Text.Substring(r.Start, r.Length))));
        var vectors = await embedder.GenerateAsync(all, cancellationToken: cancellationToken);
        var next = texts.Length;
        return texts.Select((text, i) =>
        {
            var language = languages.Identify(text.Text).Language;
            var sentences = ranges[i].Select(r => new IndexedSentence(
                r.Start, r.Length, languages.Identify(text.Text.AsSpan(r.Start, r.Length), [language]).Language, vectors[next++].Vector)).ToArray();
            return new IndexedPassage(0, text.Text, language, vectors[i].Vector, sentences);
        }).ToArray();
    }

    private void AddRows(RagDbContext context, IndexedVersion version, string name)
    {
        var passage = version.Passages[0];
        var now = TimeProvider.System.GetUtcNow();
        context.Documents.Add(new Document { Id = version.Document, MatterId = version.Matter, Name = name, CreatedAt = now });
        context.DocumentVersions.Add(new DocumentVersion
        {
            Id = version.Version,
            DocumentId = version.Document,
            MatterId = version.Matter,
            Number = 1,
            Sha256 = new byte[32],
            SizeBytes = passage.Text.Length,
            MediaType = "text/plain",
            State = VersionState.Ready,
            CreatedBy = _person,
            CreatedAt = now,
        });
        context.Chunks.Add(new Chunk
        {
            VersionId = version.Version,
            Ordinal = 0,
            Start = 0,
            Length = passage.Text.Length,
            Page = 1,
            HeadingPath = [],
            Language = passage.Language,
            Text = passage.Text,
            SentenceStarts = passage.Sentences.Select(s => s.Start).ToArray(),
            SentenceLengths = passage.Sentences.Select(s => s.Length).ToArray(),
            SentenceLanguages = passage.Sentences.Select(s => s.Language).ToArray(),
        });
    }
}

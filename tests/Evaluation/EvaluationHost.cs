using EnterpriseRag.Foundation;
using EnterpriseRag.Inference;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Ingestion.Chunk;
using EnterpriseRag.Retrieval;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Search;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Documents;
using EnterpriseRag.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Evaluation;

/// <summary>A text of an evaluation set: one document of one paragraph.</summary>
internal sealed record EvaluationText(string Name, string Text);

/// <summary>
/// The product's own chunker, embedder, language identifier, index, fusion and Postgres, without host and ledger. Every text becomes one
/// document, so that a hit means the text.
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
                var version = new IndexedVersion(matter, new DocumentId(_ids.Next()), new DocumentVersionId(_ids.Next()), passages[i].Select(p => p.Passage).ToArray());
                documents.Add(version.Document);
                AddRows(context, version, batch[i].Name, passages[i].Select(p => p.Start).ToArray());
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

    private async Task<(IndexedPassage Passage, int Start)[][]> PassagesAsync(EvaluationText[] texts, CancellationToken cancellationToken)
    {
        var embedder = _services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(EmbeddingRoles.Passage);
        var languages = _services.GetRequiredService<LanguageIdentifier>();
        var chunks = texts.Select(t => Chunker.Chunk(OneParagraph(t.Text), new ChunkOptions()).ToArray()).ToArray();
        var vectors = await embedder.GenerateAsync(texts.Zip(chunks, TextsOf).SelectMany(t => t), cancellationToken: cancellationToken);
        var next = 0;
        return texts.Zip(chunks, (text, passages) =>
        {
            var language = languages.Identify(text.Text).Language;
            return passages.Select((passage, ordinal) =>
            {
                var words = text.Text.Substring(passage.Start, passage.Length);
                var vector = vectors[next++].Vector;
                var sentences = passage.Sentences.Select(s => new IndexedSentence(
                    s.Start, s.Length, languages.Identify(words.AsSpan(s.Start, s.Length), [language]).Language, vectors[next++].Vector)).ToArray();
                return (new IndexedPassage(ordinal, words, language, vector, sentences), passage.Start);
            }).ToArray();
        }).ToArray();
    }

    private static DocumentText OneParagraph(string text) =>
        new(text, [new PageText(1, 0, text.Length, 0, 0)], [new TextBlock(BlockKind.Paragraph, 0, text.Length, 1, [])], []);

    private static IEnumerable<string> TextsOf(EvaluationText text, IEnumerable<Ingestion.Chunk.Passage> passages) => passages.SelectMany(p =>
        p.Sentences.Select(s => text.Text.Substring(p.Start + s.Start, s.Length)).Prepend(PassageText.ForEmbedding(p.HeadingPath, text.Text.Substring(p.Start, p.Length))));

    private void AddRows(RagDbContext context, IndexedVersion version, string name, int[] starts)
    {
        var now = TimeProvider.System.GetUtcNow();
        context.Documents.Add(new Document { Id = version.Document, MatterId = version.Matter, Name = name, CreatedAt = now });
        context.DocumentVersions.Add(new DocumentVersion
        {
            Id = version.Version,
            DocumentId = version.Document,
            MatterId = version.Matter,
            Number = 1,
            Sha256 = new byte[32],
            SizeBytes = version.Passages.Sum(p => p.Text.Length),
            MediaType = "text/plain",
            State = VersionState.Ready,
            CreatedBy = _person,
            CreatedAt = now,
        });
        context.Chunks.AddRange(version.Passages.Select(passage => new Storage.Chunk
        {
            VersionId = version.Version,
            Ordinal = passage.Ordinal,
            Start = starts[passage.Ordinal],
            Length = passage.Text.Length,
            Page = 1,
            HeadingPath = [],
            Language = passage.Language,
            Text = passage.Text,
            SentenceStarts = passage.Sentences.Select(s => s.Start).ToArray(),
            SentenceLengths = passage.Sentences.Select(s => s.Length).ToArray(),
            SentenceLanguages = passage.Sentences.Select(s => s.Language).ToArray(),
        }));
    }
}

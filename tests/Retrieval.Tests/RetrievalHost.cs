using EnterpriseRag.Foundation;
using EnterpriseRag.Inference;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Search;
using EnterpriseRag.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EnterpriseRag.Retrieval.Tests;

/// <summary>The module as the host composes it, over a real database and the models in the box. Hosted services do not run.</summary>
internal sealed class RetrievalHost : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly IdFactory _ids = new(TimeProvider.System);

    public RetrievalHost(TestDatabases databases)
    {
        Rows = new Rows(databases);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(databases.Configuration).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(databases.Databases);
        services.AddInference(configuration);
        services.AddRetrieval(configuration);
        services.AddOptions<DataOptions>().Bind(configuration.GetSection(DataOptions.Section));
        services.TryAddSingleton(_ => LanguageIdentifier.Load(RepositoryFiles.Model("langid")));
        _services = services.BuildServiceProvider();
    }

    public Rows Rows { get; }

    public IPassageIndex Index => _services.GetRequiredService<IPassageIndex>();

    public PassageSearch Search => _services.GetRequiredService<PassageSearch>();

    public Reconciler Reconciler => _services.GetRequiredService<Reconciler>();

    public EmbeddingModelInfo Model => _services.GetRequiredService<EmbeddingModelInfo>();

    public Task<ReadableScope> ScopeAsync(PersonId person) => _services.GetRequiredService<ScopeResolver>().ResolveAsync(person, default);

    public async Task<float[][]> EmbedAsync(string role, IEnumerable<string> texts) =>
        (await _services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(role).GenerateAsync(texts)).Select(e => e.Vector.ToArray()).ToArray();

    /// <summary>Publishes a document of one passage per text; a passage is its sentences, joined by blanks. Rows in Postgres included.</summary>
    public async Task<IndexedVersion> PublishAsync(MatterId matter, string language, params string[][] passages)
    {
        var indexed = new List<IndexedPassage>();
        foreach (var sentences in passages)
        {
            var text = string.Join(' ', sentences);
            var vectors = await EmbedAsync(EmbeddingRoles.Passage, [text, .. sentences]);
            var start = 0;
            var ranges = new List<IndexedSentence>();
            for (var i = 0; i < sentences.Length; i++)
            {
                ranges.Add(new IndexedSentence(start, sentences[i].Length, language, vectors[i + 1]));
                start += sentences[i].Length + 1;
            }

            indexed.Add(new IndexedPassage(indexed.Count, text, language, vectors[0], ranges));
        }

        var version = new IndexedVersion(matter, new DocumentId(_ids.Next()), new DocumentVersionId(_ids.Next()), indexed);
        await Index.PublishAsync(version, default);
        await Rows.AddVersionAsync(version);
        return version;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

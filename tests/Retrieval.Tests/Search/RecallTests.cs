using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Search.Dense;
using EnterpriseRag.Retrieval.Tests.Index;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Retrieval.Tests.Search;

/// <summary>On vectors of the model in the box: they share a large component, and codes that shine on random vectors fail on them.</summary>
public sealed class RecallTests : IAsyncLifetime
{
    private TestDatabases _databases = null!; // set before each test
    private RetrievalHost _host = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        _databases = await (await PostgresCluster.SharedAsync()).CreateDatabasesAsync();
        _host = new RetrievalHost(_databases);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _databases.DisposeAsync();
    }

    [Fact]
    public async Task Twenty_int8_candidates_hold_the_ten_best_of_an_exact_float_search()
    {
        // Prose that ships with the repository: licences and model cards.
        var sentences = Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root, "deploy", "models"), "*", SearchOption.AllDirectories)
            .Where(f => Path.GetFileName(f) is "LICENSE" or "README.md")
            .Append(Path.Combine(RepositoryFiles.Root, "LICENSE"))
            .SelectMany(f => File.ReadAllText(f).Split(['.', ';', '|', '\n'], StringSplitOptions.TrimEntries))
            .Where(s => s.Length > 25).Distinct(StringComparer.Ordinal).Take(400).ToArray();
        sentences.Length.ShouldBeGreaterThan(100);
        var vectors = await _host.EmbedAsync(EmbeddingRoles.Passage, sentences);
        var queries = await _host.EmbedAsync(EmbeddingRoles.Query, sentences.Where((_, i) => i % 5 == 0));

        using var test = new TestIndex();
        await using var index = test.Open();
        var matter = new MatterId(test.Id());
        var passages = vectors.Select((v, i) => new IndexedPassage(i, sentences[i], "en", v, [])).ToArray();
        await index.PublishAsync(new IndexedVersion(matter, new DocumentId(test.Id()), new DocumentVersionId(test.Id()), passages), default);
        using var snapshot = index.Acquire();
        var missed = 0;
        foreach (var query in queries)
        {
            var exact = Enumerable.Range(0, vectors.Length).OrderByDescending(i => query.Zip(vectors[i], (a, b) => (double)a * b).Sum()).Take(10);
            var found = DenseScan.Scan(snapshot, new QueryCode(query), new HashSet<MatterId> { matter }, 20, 1, DotPaths.Best, default).Best.Keys.Select(k => k.Passage).ToHashSet();
            missed += exact.Count(i => !found.Contains(i));
        }

        missed.ShouldBe(0);
    }
}

using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Storage;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Retrieval.Tests.Index;

public sealed class ReconcilerTests : IAsyncLifetime
{
    private readonly TestIndex _test = new(11);
    private TestDatabases _databases = null!; // set before each test
    private Rows _rows = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        _databases = await (await PostgresCluster.SharedAsync()).CreateDatabasesAsync();
        _rows = new Rows(_databases);
    }

    public async ValueTask DisposeAsync()
    {
        _test.Dispose();
        await _databases.DisposeAsync();
    }

    [Fact]
    public async Task The_index_loses_what_Postgres_lacks_and_what_it_lacks_is_asked_for()
    {
        var matter = await _rows.AddMatterAsync();
        var both = _test.Version(matter);
        var onlyIndex = _test.Version(matter);
        var onlyPostgres = _test.Version(matter);
        var inWork = _test.Version(matter);
        var failed = _test.Version(matter);
        await _rows.AddVersionAsync(both);
        await _rows.AddVersionAsync(onlyPostgres);
        await _rows.AddVersionAsync(inWork, VersionState.Embedding);
        await _rows.AddVersionAsync(failed, VersionState.Failed);
        await using var index = _test.Open();
        foreach (var version in new[] { both, onlyIndex, inWork, failed })
        {
            await index.PublishAsync(version, default);
        }

        var asked = new Asked();
        var result = await new Reconciler(index, _databases.Databases, NullLogger<Reconciler>.Instance, asked).ReconcileAsync(default);

        result.ShouldBe((2, 1));
        index.Versions.ShouldBe([both.Version, inWork.Version], ignoreOrder: true);
        asked.Versions.ShouldBe([onlyPostgres.Version]);
    }

    [Fact]
    public async Task A_superseded_version_gives_way_to_the_ready_one()
    {
        var matter = await _rows.AddMatterAsync();
        var old = _test.Version(matter);
        var current = _test.Version(matter, old.Document);
        await _rows.AddVersionAsync(old, VersionState.Superseded);
        await _rows.AddVersionAsync(current);
        await using var index = _test.Open();
        await index.PublishAsync(old, default);

        var asked = new Asked();
        await new Reconciler(index, _databases.Databases, NullLogger<Reconciler>.Instance, asked).ReconcileAsync(default);

        index.Versions.ShouldBeEmpty();
        asked.Versions.ShouldBe([current.Version]);
    }

    private sealed class Asked : IRepublishVersions
    {
        public List<DocumentVersionId> Versions { get; } = [];

        public Task RepublishAsync(IReadOnlyCollection<DocumentVersionId> versions, CancellationToken cancellationToken)
        {
            Versions.AddRange(versions);
            return Task.CompletedTask;
        }
    }
}

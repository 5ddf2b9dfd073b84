using EnterpriseRag.Foundation;
using EnterpriseRag.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace EnterpriseRag.Storage.Tests;

/// <summary>One installation per test class (IClassFixture).</summary>
public sealed class FreshDatabases : IAsyncLifetime
{
    public TestDatabases Set { get; private set; } = null!; // made before the first test

    public IdFactory Ids { get; } = new(TimeProvider.System);

    public async ValueTask InitializeAsync() => Set = await (await PostgresCluster.SharedAsync()).CreateDatabasesAsync();

    public ValueTask DisposeAsync() => Set.DisposeAsync();

    public T Get<T>() where T : notnull => Set.Services.GetRequiredService<T>();

    public async Task<Matter> AddMatterAsync()
    {
        var created = await Get<Matters>().CreateAsync(new NewMatter($"Matter {Ids.Next()}", "P-001", "art6-1-f", "std-3y"), CancellationToken.None);
        return created.Value;
    }

    /// <summary>A document with one version in state Queued.</summary>
    public async Task<DocumentVersion> AddVersionAsync(byte[]? sha256 = null, DocumentId? id = null)
    {
        var matter = await AddMatterAsync();
        var now = TimeProvider.System.GetUtcNow();
        var document = new Document { Id = id ?? new DocumentId(Ids.Next()), MatterId = matter.Id, Name = "contract.pdf", CreatedAt = now };
        var version = new DocumentVersion
        {
            Id = new DocumentVersionId(Ids.Next()),
            DocumentId = document.Id,
            MatterId = matter.Id,
            Number = 1,
            Sha256 = sha256 ?? new byte[32],
            SizeBytes = 1,
            MediaType = "application/pdf",
            CreatedBy = new PersonId(Ids.Next()),
            CreatedAt = now,
        };
        document.Versions.Add(version);
        await using var context = Set.Contexts.CreateDbContext();
        context.Documents.Add(document);
        await context.SaveChangesAsync();
        return version;
    }
}

using EnterpriseRag.Foundation;
using EnterpriseRag.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Storage.Tests;

public sealed class PostgresClusterTests
{
    [Fact]
    public async Task A_killed_cluster_comes_back_with_what_was_committed()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var set = await cluster.CreateDatabasesAsync();
        await using (var context = set.Contexts.CreateDbContext())
        {
            context.Matters.Add(new Matter { Id = new MatterId(Guid.CreateVersion7()), Name = "m", Purpose = "p", LegalBasis = "b", RetentionClass = "r", CreatedAt = TimeProvider.System.GetUtcNow() });
            await context.SaveChangesAsync();
        }

        await cluster.KillAsync();
        await Should.ThrowAsync<NpgsqlException>(async () => await set.Databases.AuditWriter.OpenConnectionAsync());
        await cluster.RestartAsync();
        set.Databases.Rag.Clear(); // the pool does not know that its idle connections died

        await using var again = set.Contexts.CreateDbContext();
        (await again.Matters.SingleAsync()).Name.ShouldBe("m");
    }
}

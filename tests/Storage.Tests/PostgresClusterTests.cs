using EnterpriseRag.Storage.Postgres;
using EnterpriseRag.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Storage.Tests;

/// <summary>Tests that need a server of their own: they kill it or configure it.</summary>
public sealed class PostgresClusterTests
{
    [Fact]
    public async Task A_killed_cluster_comes_back_with_what_was_committed()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var set = await cluster.CreateDatabasesAsync();
        var matters = set.Services.GetRequiredService<Matters>();
        (await matters.CreateAsync(new NewMatter("m", "p", "b", "r"), CancellationToken.None)).IsSuccess.ShouldBeTrue();

        await cluster.KillAsync();
        await Should.ThrowAsync<NpgsqlException>(async () => await set.Databases.AuditWriter.OpenConnectionAsync());
        await cluster.RestartAsync();
        set.Databases.Rag.Clear(); // the pool does not know that its idle connections died

        await using var context = set.Contexts.CreateDbContext();
        (await context.Matters.SingleAsync()).Name.ShouldBe("m");
    }

    [Fact]
    public async Task A_role_logs_in_with_the_password_in_the_file_and_with_no_other()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var set = await cluster.CreateDatabasesAsync();
        var rules = Path.Combine(cluster.DataFolder, "pg_hba.conf");
        await File.WriteAllTextAsync(rules, "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
        await using (var admin = NpgsqlDataSource.Create(cluster.AdminConnection))
        {
            await using var reload = admin.CreateCommand("SELECT pg_reload_conf()");
            await reload.ExecuteNonQueryAsync();
        }

        NpgsqlConnection.ClearAllPools();
        await using (await set.Databases.Rag.OpenConnectionAsync())
        {
        }

        var wrong = new NpgsqlConnectionStringBuilder(set.Databases.Rag.ConnectionString) { Password = "guess" };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);
        (await Should.ThrowAsync<PostgresException>(() => connection.OpenAsync())).SqlState.ShouldBe(PostgresErrorCodes.InvalidPassword);
    }

    [Fact]
    public async Task A_server_that_may_lose_committed_records_is_refused_with_the_remedy()
    {
        await using var cluster = await PostgresCluster.StartAsync("fsync=off", "full_page_writes=off");

        var refusal = await Should.ThrowAsync<DatabaseSetupException>(() => cluster.CreateDatabasesAsync());

        refusal.Message.ShouldContain("fsync is off: set fsync = on");
        refusal.Message.ShouldContain("full_page_writes is off");
        refusal.Message.ShouldNotContain("data_checksums");
    }
}

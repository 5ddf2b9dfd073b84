using EnterpriseRag.Portal.Tests.Hosting;
using EnterpriseRag.Storage.Postgres;
using EnterpriseRag.Testing;
using Npgsql;

namespace EnterpriseRag.Cli.Tests;

public sealed class BrokenLedgerTests
{
    [Fact]
    public async Task A_changed_record_gives_the_frozen_exit_code_and_its_number()
    {
        await using var host = await PortalHost.StartAsync(await PostgresCluster.SharedAsync());
        await TamperAsync(host, "UPDATE audit.leaf SET core = convert_to(replace(convert_from(core, 'UTF8'), '\"start\"', '\"stort\"'), 'UTF8') WHERE seq = 1");

        var verified = await Rag.RunAsync(host.Databases.Configuration, "audit", "verify", "--json");

        verified.ExitCode.ShouldBe(11);
        verified.Json.GetProperty("faults")[0].GetProperty("seq").GetInt64().ShouldBe(1);
        verified.Errors.ShouldContain("NOT verified");
    }

    [Fact]
    public async Task Nothing_is_appended_to_a_log_that_does_not_fit_its_head()
    {
        await using var host = await PortalHost.StartAsync(await PostgresCluster.SharedAsync());
        await TamperAsync(host, "DELETE FROM audit.leaf WHERE seq = (SELECT max(seq) FROM audit.leaf)");

        var run = await Rag.RunAsync(host.Databases.Configuration, "token", "create", "--user", "lena");

        run.ExitCode.ShouldBe((int)ExitCode.Unavailable);
        run.Standard.ShouldBeEmpty();
    }

    /// <summary>As superuser with the ledger's triggers off: what a database administrator can do.</summary>
    private static async Task TamperAsync(PortalHost host, string sql)
    {
        await using var connection = new NpgsqlConnection(host.Databases.AdminConnection(DatabaseKind.Audit));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            DO $$ DECLARE t text; BEGIN
              FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'audit'::regnamespace AND relkind IN ('r', 'p') LOOP
                EXECUTE format('ALTER TABLE audit.%I DISABLE TRIGGER USER', t);
              END LOOP;
            END $$;
            {sql}
            """,
            connection);
        await command.ExecuteNonQueryAsync();
    }
}

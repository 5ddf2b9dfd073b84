using System.Collections.Concurrent;
using System.Diagnostics;
using EnterpriseRag.Audit.Reading;
using EnterpriseRag.Audit.Verification;
using EnterpriseRag.Storage.Keys;
using EnterpriseRag.Storage.Postgres;
using EnterpriseRag.Testing;
using Npgsql;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Audit.Tests.Ledger;

/// <summary>Postgres that stops, dies and comes back; nodes that die. Own cluster, because it is killed.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private PostgresCluster _cluster = null!; // set by InitializeAsync
    private TestDatabases _databases = null!; // set by InitializeAsync

    public async ValueTask InitializeAsync()
    {
        _cluster = await PostgresCluster.StartAsync();
        _databases = await _cluster.CreateDatabasesAsync(AuditModule.Migrations);
    }

    public async ValueTask DisposeAsync()
    {
        await _databases.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    private static void ProductLimit(IDictionary<string, string?> settings) => settings["Audit:AppendTimeoutMs"] = "2000";

    [Fact]
    public async Task A_stopped_ledger_refuses_within_two_and_a_half_seconds_and_recovers_without_restart()
    {
        await using var node = await LedgerNode.StartAsync(_databases, configure: ProductLimit);
        await using (var first = await node.Ledger.OpenRequestAsync(LedgerNode.Request(), default))
        {
            await node.Ledger.RespondAsync(first, LedgerNode.Response(), default);
        }

        await _cluster.StopAsync();
        for (var i = 0; i < 3; i++)
        {
            var watch = Stopwatch.StartNew();
            await Should.ThrowAsync<AuditUnavailableException>(() => node.Ledger.OpenRequestAsync(LedgerNode.Request(), default));
            watch.ElapsedMilliseconds.ShouldBeLessThan(2_500);
        }

        node.Health.IsOpen.ShouldBeFalse();
        node.Health.Reason.ShouldNotBeNull();

        await _cluster.RestartAsync();
        await UntilAsync(async () =>
        {
            try
            {
                await using var request = await node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
                await node.Ledger.RespondAsync(request, LedgerNode.Response(), default);
                return true;
            }
            catch (AuditUnavailableException)
            {
                return false;
            }
        });
        node.Health.IsOpen.ShouldBeTrue();
        (await node.Verifier.VerifyAsync(true, null, default)).Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_hangs_is_as_good_as_stopped()
    {
        await using var node = await LedgerNode.StartAsync(_databases, configure: ProductLimit);
        await using var warm = await node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
        await using var blocker = new NpgsqlConnection(_databases.AdminConnection(DatabaseKind.Audit));
        await blocker.OpenAsync();
        await using (var transaction = await blocker.BeginTransactionAsync())
        {
            await using var command = new NpgsqlCommand("SELECT * FROM audit.head FOR UPDATE", blocker, transaction);
            await command.ExecuteNonQueryAsync();
            var watch = Stopwatch.StartNew();
            await Should.ThrowAsync<AuditUnavailableException>(() => node.Ledger.OpenRequestAsync(LedgerNode.Request(), default));
            watch.ElapsedMilliseconds.ShouldBeLessThan(2_500);
        }

        await UntilAsync(() => Task.FromResult(node.Health.IsOpen));
        await node.Ledger.RespondAsync(warm, LedgerNode.Response(), default);
        await using var verifier = LedgerNode.Create(_databases);
        (await verifier.Verifier.VerifyAsync(true, null, default)).Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task When_the_ledger_dies_in_a_stream_nothing_beyond_the_last_committed_group_is_shown_and_the_abort_holds_exactly_that()
    {
        await using var node = await LedgerNode.StartAsync(_databases, configure: s => s["Audit:LeaseSeconds"] = "2");
        var request = await node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
        var shown = "";
        foreach (var group in new[] { "Die ", "Frist ", "beträgt " })
        {
            await node.Ledger.SpoolAsync(request, group, default);
            shown += group;
        }

        await _cluster.KillAsync();
        await Should.ThrowAsync<AuditUnavailableException>(() => node.Ledger.SpoolAsync(request, "drei Monate.", default));
        await Should.ThrowAsync<AuditUnavailableException>(() => node.Ledger.SpoolAsync(request, "x", default));
        await Should.ThrowAsync<AuditUnavailableException>(() => node.Ledger.RespondAsync(request, LedgerNode.Response(), default));
        await request.DisposeAsync(); // cannot append its abort either
        await _cluster.RestartAsync();

        await UntilAsync(async () =>
        {
            try
            {
                await node.Recovery.RunOnceAsync(default);
                return await OpenRequestsAsync(node) == 0;
            }
            catch (Exception e) when (e is NpgsqlException or AuditUnavailableException)
            {
                return false; // the node has not noticed yet that the server is back
            }
        });

        await EndsOnceAsync(node, "abort", shown);
    }

    [Fact]
    public async Task A_node_that_dies_between_request_and_response_leaves_one_abort_with_what_was_shown()
    {
        var dead = await LedgerNode.StartAsync(_databases, configure: s => s["Audit:LeaseSeconds"] = "2");
        var request = await dead.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
        await dead.Ledger.SpoolAsync(request, "Halber ", default);
        await dead.Ledger.SpoolAsync(request, "Satz", default);
        // From here on it neither renews nor ends its request: as if killed. Two others race to recover it.
        await using var one = await LedgerNode.StartAsync(_databases);
        await using var two = await LedgerNode.StartAsync(_databases);
        await UntilAsync(async () =>
        {
            await Task.WhenAll(one.Recovery.RunOnceAsync(default), two.Recovery.RunOnceAsync(default));
            return await OpenRequestsAsync(one) == 0;
        });

        // A zombie that wakes up may neither show nor end it.
        await Should.ThrowAsync<AuditUnavailableException>(() => dead.Ledger.SpoolAsync(request, "mehr", default));
        await Should.ThrowAsync<AuditUnavailableException>(() => dead.Ledger.RespondAsync(request, LedgerNode.Response(), default));
        await dead.DisposeAsync();
        await EndsOnceAsync(one, "abort", "Halber Satz");
    }

    [Fact]
    public async Task A_long_request_keeps_its_lease()
    {
        await using var node = await LedgerNode.StartAsync(_databases, configure: s => s["Audit:LeaseSeconds"] = "2");
        await using var request = await node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
        for (var i = 0; i < 4; i++)
        {
            await Task.Delay(800);
            await node.Leases.RenewAsync(default);
            (await node.Recovery.RunOnceAsync(default)).ShouldBe(0);
        }

        await node.Ledger.RespondAsync(request, LedgerNode.Response(), default);
    }

    /// <summary>T19, small: rounds of SIGKILL under load; what was acknowledged is there, numbers have no gap, the root is that of the records.</summary>
    [Fact]
    public async Task Killing_the_server_under_load_loses_no_acknowledged_record()
    {
        await using var node = await LedgerNode.StartAsync(_databases);
        var acknowledged = new ConcurrentBag<(long Seq, string Hash)>();
        for (var round = 0; round < 4; round++)
        {
            using var stop = new CancellationTokenSource();
            var clients = Enumerable.Range(0, 16).Select(async _ =>
            {
                while (!stop.IsCancellationRequested)
                {
                    try
                    {
                        var receipt = await node.Ledger.AppendAuthAsync(LedgerNode.Reader1, "sign-in", "ok", default);
                        acknowledged.Add((receipt.Seq, receipt.LeafHash));
                    }
                    catch (AuditUnavailableException)
                    {
                        await Task.Delay(100);
                    }
                }
            }).ToArray();
            await Task.Delay(500);
            await _cluster.KillAsync();
            await _cluster.RestartAsync();
            await stop.CancelAsync();
            await Task.WhenAll(clients);
        }

        var report = await node.Verifier.VerifyAsync(false, null, default);
        report.Faults.ShouldBeEmpty();
        var stored = new Dictionary<long, string>();
        await using (var connection = new NpgsqlConnection(_databases.AdminConnection(DatabaseKind.Audit)))
        {
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("SELECT seq, encode(leaf_hash, 'hex') FROM audit.leaf", connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                stored.Add(reader.GetInt64(0), reader.GetString(1));
            }
        }

        acknowledged.Count.ShouldBeGreaterThan(100);
        acknowledged.ShouldAllBe(a => string.Equals(stored[a.Seq], a.Hash, StringComparison.Ordinal));
        acknowledged.Select(a => a.Seq).Distinct().Count().ShouldBe(acknowledged.Count);
        TestContext.Current.TestOutputHelper?.WriteLine($"{acknowledged.Count} acknowledged, {report.Leaves} stored, 4 kills, 0 lost");
    }

    [Fact]
    public async Task A_role_that_was_told_not_to_wait_for_the_disk_still_does()
    {
        await using var node = await LedgerNode.StartAsync(_databases);
        await node.AdminScalarAsync<string>($"ALTER ROLE \"{_databases.Options.RolePrefix}audit_writer\" SET synchronous_commit = off");
        NpgsqlConnection.ClearAllPools();
        await using var weak = await LedgerNode.StartAsync(_databases);
        await using (var role = weak.Databases.AuditWriter.CreateCommand("SHOW synchronous_commit"))
        {
            (await role.ExecuteScalarAsync()).ShouldBe("off");
        }

        // A trigger writes down what the ledger's own transactions run with.
        await weak.AdminScalarAsync<string>(
            """
            CREATE TABLE public.seen(setting text);
            CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO public.seen VALUES (TG_TABLE_NAME || '=' || current_setting('synchronous_commit')); RETURN NULL; END $$;
            CREATE TRIGGER see AFTER INSERT ON audit.leaf FOR EACH STATEMENT EXECUTE FUNCTION public.see();
            CREATE TRIGGER see AFTER INSERT ON audit.spool FOR EACH STATEMENT EXECUTE FUNCTION public.see();
            """);
        await using var request = await weak.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
        await weak.Ledger.SpoolAsync(request, "x", default);
        (await weak.AdminScalarAsync<string>("SELECT string_agg(DISTINCT setting, ',' ORDER BY setting) FROM public.seen")).ShouldBe("leaf=on,spool=on");
    }

    [Fact]
    public async Task A_server_that_may_lose_commits_is_refused()
    {
        await AlterSystemAsync("full_page_writes", "off");
        try
        {
            await Should.ThrowAsync<DatabaseSetupException>(() => _databases.SetUpAsync(AuditModule.Migrations));
        }
        finally
        {
            await AlterSystemAsync("full_page_writes", "on");
        }
    }

    [Fact]
    public async Task Without_the_key_file_the_start_is_refused_and_the_log_still_verifies()
    {
        await using (var node = await LedgerNode.StartAsync(_databases))
        {
            await using var request = await node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
            await node.Ledger.RespondAsync(request, LedgerNode.Response(), default);
        }

        File.Delete(Path.Combine(_databases.DataDirectory, "secrets", "kek"));

        await using var again = LedgerNode.Create(_databases);
        await Should.ThrowAsync<KeyUnavailableException>(again.StartAsync);
        await Should.ThrowAsync<AuditUnavailableException>(() => again.Ledger.OpenRequestAsync(LedgerNode.Request(), default));
        (await again.Verifier.VerifyAsync(true, null, default)).Code.ShouldBe(VerificationCode.Ok);
    }

    /// <summary>T16, small: two writers with 32 clients each.</summary>
    [Fact]
    public async Task Two_writers_with_32_clients_each_number_without_gap_or_repetition()
    {
        await using var one = await LedgerNode.StartAsync(_databases);
        await using var two = await LedgerNode.StartAsync(_databases);
        var receipts = new ConcurrentBag<Receipt>();
        await Task.WhenAll(new[] { one, two }.SelectMany(node => Enumerable.Range(0, 32).Select(async _ =>
        {
            for (var i = 0; i < 25; i++)
            {
                receipts.Add(await node.Ledger.AppendAuthAsync(LedgerNode.Reader1, "sign-in", "ok", default));
            }
        })));

        receipts.Select(r => r.Seq).Order().ShouldBe(Enumerable.Range(3, 1600).Select(i => (long)i)); // after the genesis and two starts
        receipts.Select(r => r.Request).Distinct().Count().ShouldBe(1600);
        (await one.Verifier.VerifyAsync(false, null, default)).Faults.ShouldBeEmpty();
    }

    private async Task AlterSystemAsync(string setting, string value)
    {
        await using var connection = new NpgsqlConnection(_databases.AdminConnection(DatabaseKind.Audit));
        await connection.OpenAsync();
        await using (var alter = new NpgsqlCommand($"ALTER SYSTEM SET {setting} = {value}", connection))
        {
            await alter.ExecuteNonQueryAsync();
        }

        await using var reload = new NpgsqlCommand("SELECT pg_reload_conf()", connection);
        await reload.ExecuteNonQueryAsync();
        await Task.Delay(500);
    }

    private static async Task<long> OpenRequestsAsync(LedgerNode node) => await node.AdminScalarAsync<long>("SELECT count(*) FROM audit.open_request");

    private static async Task EndsOnceAsync(LedgerNode node, string type, string text)
    {
        var ends = (await node.Reader.ReadAsync(new LedgerFilter(), 50, null, default)).Records.Where(r => r.Type is "response" or "abort" or "refusal").ToList();
        ends.Single().Type.ShouldBe(type);
        ends.Single().CoreJson.ShouldContain("\"partial\":true");
        (await node.AdminScalarAsync<long>("SELECT count(*) FROM audit.spool")).ShouldBe(0);
        (await SealedTexts.OpenAllAsync(node)).ShouldContain($"response:{text}");
        (await node.Verifier.VerifyAsync(true, null, default)).Faults.ShouldBeEmpty();
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var watch = Stopwatch.StartNew();
        while (!await holds())
        {
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
            await Task.Delay(200);
        }
    }
}

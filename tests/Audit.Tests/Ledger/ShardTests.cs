using System.Text.Json;
using EnterpriseRag.Audit.Reading;
using EnterpriseRag.Audit.Verification;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Audit.Tests.Ledger;

public sealed class ShardTests
{
    private static readonly DateTimeOffset s_lastDay = new(2026, 12, 31, 23, 59, 50, TimeSpan.Zero);

    [Fact]
    public async Task A_new_quarter_begins_a_log_whose_genesis_binds_the_one_before()
    {
        var clock = new FixedClock(s_lastDay);
        await using var databases = await LedgerNode.InstallAsync();
        await using var node = await LedgerNode.StartAsync(databases, clock);
        var request = await node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
        clock.Now = s_lastDay.AddMinutes(1);
        await node.Ledger.AppendAuthAsync(LedgerNode.Reader1, "sign-in", "ok", default);
        await node.Ledger.RespondAsync(request, LedgerNode.Response(), default); // ends in its own quarter's log

        var records = (await node.Reader.ReadAsync(new LedgerFilter(), 20, null, default)).Records;

        records.Select(r => (r.Log, r.Type)).ShouldBe([
            ("rag.local/audit/2027q1", "auth"), ("rag.local/audit/2027q1", "genesis"),
            ("rag.local/audit/2026q4", "response"), ("rag.local/audit/2026q4", "request"), ("rag.local/audit/2026q4", "config"), ("rag.local/audit/2026q4", "genesis")]);
        using var genesis = JsonDocument.Parse(records[1].CoreJson);
        var previous = genesis.RootElement.GetProperty("prev");
        previous.GetProperty("log").GetString().ShouldBe("rag.local/audit/2026q4");
        previous.GetProperty("size").GetInt64().ShouldBe(3);
        (await node.Verifier.VerifyAsync(true, null, default)).Faults.ShouldBeEmpty();

        // A rewritten past quarter no longer fits the genesis of the next.
        await node.TamperAsync("UPDATE audit.head SET size = size WHERE false");
        await node.TamperAsync("""
            UPDATE audit.leaf SET core = convert_to(replace(convert_from(core, 'UTF8'), '"what":"start"', '"what":"other"'), 'UTF8') WHERE log_id = 1 AND seq = 1;
            UPDATE audit.leaf SET leaf_hash = sha256('\x00'::bytea || core) WHERE log_id = 1 AND seq = 1;
            """);
        (await node.Verifier.VerifyAsync(false, null, default)).Faults.Select(f => f.Code).ShouldContain(VerificationCode.Anchor);
    }

    [Fact]
    public async Task Time_in_the_log_never_goes_back_and_a_wrong_clock_is_recorded_once()
    {
        var clock = new FixedClock(s_lastDay);
        await using var databases = await LedgerNode.InstallAsync();
        await using var node = await LedgerNode.StartAsync(databases, clock);
        clock.Now = s_lastDay.AddMinutes(-10);
        for (var i = 0; i < 3; i++)
        {
            await node.Ledger.AppendAuthAsync(LedgerNode.Reader1, "sign-in", "ok", default);
        }

        var records = (await node.Reader.ReadAsync(new LedgerFilter(), 20, null, default)).Records;

        records.Select(r => r.Type).ShouldBe(["auth", "auth", "auth", "clock.anomaly", "config", "genesis"]);
        records.ShouldAllBe(r => r.Time == s_lastDay);
        (await node.Verifier.VerifyAsync(false, null, default)).Faults.ShouldBeEmpty();
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

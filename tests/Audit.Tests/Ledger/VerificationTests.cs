using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Reading;
using EnterpriseRag.Audit.Verification;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Audit.Tests.Ledger;

/// <summary>What a database administrator can do, and what the verifier says to it (T1, T2, T5, T7, T8, T37).</summary>
public sealed class VerificationTests : IAsyncLifetime
{
    private const int Leaves = 602; // genesis, configuration and 600 more: two full tiles and a tail
    private TestDatabases _databases = null!; // set by InitializeAsync
    private LedgerNode _node = null!; // set by InitializeAsync

    public async ValueTask InitializeAsync()
    {
        _databases = await LedgerNode.InstallAsync();
        _node = await LedgerNode.StartAsync(_databases, configure: s => s["Audit:AppendTimeoutMs"] = "10000"); // not about time, on a busy machine
        await Task.WhenAll(Enumerable.Range(0, 300).Select(async _ =>
        {
            await using var request = await _node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
            await _node.Ledger.RespondAsync(request, LedgerNode.Response(), default);
        }));
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _databases.DisposeAsync();
    }

    [Fact]
    public async Task An_untouched_ledger_verifies_in_both_depths()
    {
        foreach (var deep in new[] { false, true })
        {
            var report = await VerifyAsync(deep);
            report.Faults.ShouldBeEmpty();
            report.Leaves.ShouldBe(Leaves);
            report.Logs.Single().HeadSize.ShouldBe(Leaves);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(600)]
    public async Task One_changed_byte_of_a_core_is_found_at_its_record(long seq)
    {
        // the last byte before the closing brace of "v":"ragaudit/1"} stays canonical: only the hash can tell
        await _node.TamperAsync($"UPDATE audit.leaf SET core = set_byte(core, octet_length(core) - 3, ascii('2')) WHERE seq = {seq}");

        var report = await VerifyAsync();

        report.Code.ShouldBe(VerificationCode.RootMismatch);
        report.Faults[0].Seq.ShouldBe(seq);
        (await _node.Reader.ReadAsync(new LedgerFilter(), 200, $"1-{seq + 1}", default)).Records[0].Proof.ShouldBe(ProofState.Changed);
        if (seq >= Leaves - 256)
        {
            // the start looks at the newest records only; the rest is the verifier's business
            (await Should.ThrowAsync<LedgerBrokenException>(RestartAsync)).Message.ShouldContain("rag audit verify");
        }
    }

    [Theory]
    [InlineData(7, 7)]
    [InlineData(300, 300)]
    [InlineData(600, 600)] // beyond the last full tile: located by the right edge, two records wide here
    public async Task A_core_changed_together_with_its_hash_is_found(long seq, long located)
    {
        await _node.TamperAsync($"""
            UPDATE audit.leaf SET core = set_byte(core, octet_length(core) - 3, ascii('2')) WHERE seq = {seq};
            UPDATE audit.leaf SET leaf_hash = sha256('\x00'::bytea || core) WHERE seq = {seq};
            """);

        var report = await VerifyAsync();

        report.Code.ShouldBe(VerificationCode.RootMismatch);
        report.Faults[0].Seq.ShouldBe(located);
        (await _node.Reader.ReadAsync(new LedgerFilter(), 1, $"1-{seq + 1}", default)).Records[0].Proof.ShouldBe(ProofState.NotInTree);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(601)]
    public async Task A_deleted_record_is_named_and_the_start_refused(long seq)
    {
        await _node.TamperAsync($"DELETE FROM audit.leaf WHERE seq = {seq}");

        var report = await VerifyAsync();

        report.Code.ShouldBe(VerificationCode.GapOrDuplicate);
        report.Faults[0].Seq.ShouldBe(seq);
        await Should.ThrowAsync<LedgerBrokenException>(RestartAsync);
    }

    [Fact]
    public async Task Two_records_that_changed_places_are_both_listed()
    {
        await _node.TamperAsync("""
            UPDATE audit.leaf SET seq = 9999 WHERE seq = 20;
            UPDATE audit.leaf SET seq = 20 WHERE seq = 40;
            UPDATE audit.leaf SET seq = 40 WHERE seq = 9999;
            """);

        var report = await VerifyAsync();

        report.Code.ShouldBeOneOf(VerificationCode.RootMismatch, VerificationCode.GapOrDuplicate);
        report.Faults.Where(f => f.What.Contains("core.seq", StringComparison.Ordinal)).Select(f => f.Seq).ShouldBe([20L, 40L]);
    }

    [Fact]
    public async Task An_old_record_replayed_under_a_new_number_is_found()
    {
        await _node.TamperAsync("""
            DROP INDEX audit.leaf_rid;
            DROP INDEX audit.leaf_terminal;
            INSERT INTO audit.leaf(log_id, seq, rid, of_rid, type, t, leaf_hash, core) SELECT log_id, 602, rid, of_rid, type, t, leaf_hash, core FROM audit.leaf WHERE seq = 30;
            """);

        var report = await VerifyAsync();

        report.Code.ShouldBe(VerificationCode.GapOrDuplicate);
        report.Faults.ShouldContain(f => f.Seq == 602 && f.What.Contains("core.seq", StringComparison.Ordinal));
        await Should.ThrowAsync<LedgerBrokenException>(RestartAsync);
    }

    [Theory]
    [InlineData("UPDATE audit.leaf SET rid = gen_random_uuid() WHERE seq = 5", "core.rid")]
    [InlineData("UPDATE audit.leaf SET type = 11 WHERE seq = 5", "core.type")]
    [InlineData("UPDATE audit.leaf SET t = t + interval '1 microsecond' WHERE seq = 5", "core.t")]
    public async Task Columns_that_differ_from_their_core_are_found(string sql, string field)
    {
        await _node.TamperAsync(sql);

        var report = await VerifyAsync();

        report.Code.ShouldBe(VerificationCode.GapOrDuplicate);
        report.Faults[0].Seq.ShouldBe(5);
        report.Faults[0].What.ShouldContain(field);
    }

    [Fact]
    public async Task A_core_that_says_the_same_in_other_bytes_is_not_canonical()
    {
        await _node.TamperAsync("""
            UPDATE audit.leaf SET core = convert_to(replace(convert_from(core, 'UTF8'), '"seq":5,', '"seq": 5,'), 'UTF8') WHERE seq = 5;
            UPDATE audit.leaf SET leaf_hash = sha256('\x00'::bytea || core) WHERE seq = 5;
            """);

        var report = await VerifyAsync();

        report.Faults.Select(f => f.Code).ShouldContain(VerificationCode.NotCanonical);
        report.Code.ShouldBe(VerificationCode.RootMismatch);
    }

    [Theory]
    [InlineData("UPDATE audit.head SET root = sha256('x')", VerificationCode.RootMismatch)]
    [InlineData("UPDATE audit.head SET size = 601", VerificationCode.GapOrDuplicate)]
    [InlineData("DELETE FROM audit.head", VerificationCode.GapOrDuplicate)]
    [InlineData("UPDATE audit.tile SET hashes = set_byte(hashes, 8191, 7) WHERE level = 0 AND idx = 1", VerificationCode.RootMismatch)]
    [InlineData("DELETE FROM audit.tile WHERE level = 0 AND idx = 0", VerificationCode.RootMismatch)]
    [InlineData("UPDATE audit.tile SET hashes = set_byte(hashes, 40, 7) WHERE level = 1", VerificationCode.RootMismatch)]
    public async Task A_changed_head_or_tile_is_found(string sql, VerificationCode code)
    {
        await _node.TamperAsync(sql);

        (await VerifyAsync()).Code.ShouldBe(code);
    }

    [Fact]
    public async Task Missing_swapped_and_changed_ciphertexts_are_told_apart()
    {
        await _node.TamperAsync("""
            UPDATE audit.sealed SET ct = NULL WHERE rid = (SELECT rid FROM audit.leaf WHERE type = 10 ORDER BY seq LIMIT 1 OFFSET 0);
            UPDATE audit.sealed SET ct = NULL, erased_by = gen_random_uuid() WHERE rid = (SELECT rid FROM audit.leaf WHERE type = 10 ORDER BY seq LIMIT 1 OFFSET 1);
            DELETE FROM audit.sealed WHERE rid = (SELECT rid FROM audit.leaf WHERE type = 10 ORDER BY seq LIMIT 1 OFFSET 2);
            """);
        var shallow = await VerifyAsync();
        shallow.Code.ShouldBe(VerificationCode.CiphertextMissing);
        shallow.Faults.Count.ShouldBe(2);
        shallow.Logs.Single().Tombstones.ShouldBe(1);

        await _node.TamperAsync("""
            UPDATE audit.sealed s SET ct = o.ct FROM audit.sealed o
             WHERE s.rid = (SELECT rid FROM audit.leaf WHERE type = 10 ORDER BY seq LIMIT 1 OFFSET 5) AND o.rid = (SELECT rid FROM audit.leaf WHERE type = 10 ORDER BY seq LIMIT 1 OFFSET 6);
            UPDATE audit.sealed SET ct = substring(ct FROM 1 FOR 100) WHERE rid = (SELECT rid FROM audit.leaf WHERE type = 10 ORDER BY seq LIMIT 1 OFFSET 7);
            """);
        (await VerifyAsync()).Faults.Count.ShouldBe(2); // only the deep pass looks at bytes
        var deep = await VerifyAsync(deep: true);
        deep.Faults.Count(f => f.Code == VerificationCode.CommitmentMismatch).ShouldBe(2);
        deep.Faults.Count(f => f.Code == VerificationCode.CiphertextMissing).ShouldBe(2);
    }

    private Task<VerificationReport> VerifyAsync(bool deep = false) => _node.Verifier.VerifyAsync(deep, null, default);

    private async Task RestartAsync()
    {
        await using var again = await LedgerNode.StartAsync(_databases);
    }
}

using System.Text;
using System.Text.Json;
using EnterpriseRag.Audit.Reading;
using EnterpriseRag.Audit.Sealing;
using EnterpriseRag.Audit.Verification;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Keys;
using EnterpriseRag.Testing;
using Npgsql;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Audit.Tests.Ledger;

public sealed class RequestTests : IAsyncLifetime
{
    private TestDatabases _databases = null!; // set by InitializeAsync
    private LedgerNode _node = null!; // set by InitializeAsync

    public async ValueTask InitializeAsync()
    {
        _databases = await LedgerNode.InstallAsync();
        _node = await LedgerNode.StartAsync(_databases);
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _databases.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_leaves_request_context_and_response_and_the_log_verifies()
    {
        await using var request = await _node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
        await _node.Ledger.AppendContextAsync(request, LedgerNode.Context(), default);
        await _node.Ledger.SpoolAsync(request, "Drei ", default);
        await _node.Ledger.SpoolAsync(request, "Monate.", default);
        var receipt = await _node.Ledger.RespondAsync(request, LedgerNode.Response(withheld: "Oder vier."), default);

        var page = await _node.Reader.ReadAsync(new LedgerFilter(Request: request.Id), 50, null, default);

        page.Records.Select(r => r.Type).ShouldBe(["response", "context", "request"]);
        page.Records.ShouldAllBe(r => r.Proof == ProofState.Proven);
        receipt.Seq.ShouldBe(page.Records[0].Seq);
        receipt.LeafHash.ShouldBe(page.Records[0].LeafHash);
        receipt.Request.ShouldBe(request.Id);
        (await RowsLeftAsync()).ShouldBe(0);
        var report = await _node.Verifier.VerifyAsync(deep: true, null, default);
        report.Faults.ShouldBeEmpty();
        report.Code.ShouldBe(VerificationCode.Ok);
        report.Independence.ShouldBe("self-attested");
        report.Logs.Single().Leaves.ShouldBe(5); // genesis, config, request, context, response
        report.Logs.Single().Segments.ShouldBe(3);
    }

    [Fact]
    public async Task The_first_records_are_the_genesis_and_the_configuration()
    {
        var page = await _node.Reader.ReadAsync(new LedgerFilter(), 10, null, default);

        page.Records.Select(r => (r.Seq, r.Type)).ShouldBe([(1, "config"), (0, "genesis")]);
        using var genesis = JsonDocument.Parse(page.Records[1].CoreJson);
        genesis.RootElement.GetProperty("profile").GetString().ShouldBe("ragaudit-jcs/1");
        genesis.RootElement.GetProperty("log").GetString().ShouldBe(page.Records[1].Log);
        genesis.RootElement.TryGetProperty("prev", out _).ShouldBeFalse();
        using var config = JsonDocument.Parse(page.Records[0].CoreJson);
        config.RootElement.GetProperty("config_sha256").GetString().ShouldBe(config.RootElement.GetProperty("cfg").GetString());
    }

    [Fact]
    public async Task Sealed_prompt_and_response_open_with_the_subjects_key_only()
    {
        await using var request = await _node.Ledger.OpenRequestAsync(LedgerNode.Request("Frage Ä"), default);
        await _node.Ledger.RespondAsync(request, LedgerNode.Response("Antwort Ö", "Rest Ü"), default);

        var texts = await SealedTexts.OpenAllAsync(_node);

        texts.ShouldBe(["prompt:Frage Ä", "response:Antwort Ö", "withheld:Rest Ü"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(RecordingLevelCode.Content, 2, 2)]
    [InlineData(RecordingLevelCode.Hash, 2, 0)]
    [InlineData(RecordingLevelCode.Metadata, 0, 0)]
    public async Task The_recording_level_decides_what_is_kept(RecordingLevelCode level, int segments, int ciphertexts)
    {
        await using (var request = await _node.Ledger.OpenRequestAsync(LedgerNode.Request("Seltsames Wort Blaubeerkuchen", level), default))
        {
            await _node.Ledger.SpoolAsync(request, "Blaubeer", default);
            await _node.Ledger.SpoolAsync(request, "kuchen", default);
        } // abort

        var aborted = (await _node.Reader.ReadAsync(new LedgerFilter("abort"), 1, null, default)).Records.Single();
        aborted.Outcome.ShouldBe("disposed");
        aborted.CoreJson.ShouldContain($"\"level\":\"{level.ToString().ToLowerInvariant()}\"");
        aborted.CoreJson.ShouldContain("\"partial\":true");
        (await _node.AdminScalarAsync<long>("SELECT count(*) FROM audit.sealed")).ShouldBe(segments);
        (await _node.AdminScalarAsync<long>("SELECT count(*) FROM audit.sealed WHERE ct IS NOT NULL")).ShouldBe(ciphertexts);
        (await _node.Verifier.VerifyAsync(deep: true, null, default)).Code.ShouldBe(VerificationCode.Ok);
        if (level == RecordingLevelCode.Hash)
        {
            // Whoever has the text and the key can show that this was it.
            (await CommitmentHoldsAsync("response", "Blaubeerkuchen")).ShouldBeTrue();
            (await CommitmentHoldsAsync("response", "Kirschkuchen")).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_request_ends_exactly_once()
    {
        await using var request = await _node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
        await _node.Ledger.RefuseAsync(request, "no_matter", default);

        await Should.ThrowAsync<InvalidOperationException>(() => _node.Ledger.RespondAsync(request, LedgerNode.Response(), default));
        await Should.ThrowAsync<AuditUnavailableException>(() => _node.Ledger.SpoolAsync(request, "x", default));

        (await _node.AdminScalarAsync<long>("SELECT count(*) FROM audit.leaf WHERE type IN (20, 21, 22)")).ShouldBe(1);
    }

    [Fact]
    public async Task The_ticket_opens_each_service_once_and_its_token_is_checked()
    {
        await using var request = await _node.Ledger.OpenRequestAsync(LedgerNode.Request() with { Opens = TicketUse.Retrieval }, default);
        var now = TimeProvider.System.GetUtcNow();

        request.Ticket.Redeem(TicketUse.Retrieval, now);
        Should.Throw<TicketRefusedException>(() => request.Ticket.Redeem(TicketUse.Retrieval, now));
        Should.Throw<TicketRefusedException>(() => request.Ticket.Redeem(TicketUse.Generation, now));

        var claims = _node.Tickets.Read(request.Ticket.Token, TicketUse.Retrieval);
        claims.Request.ShouldBe(request.Id.Value);
        claims.Seq.ShouldBe(request.Seq);
        (claims.Expires - now).TotalSeconds.ShouldBeInRange(55, 60);
        Should.Throw<TicketRefusedException>(() => _node.Tickets.Read(request.Ticket.Token, TicketUse.Generation));
        for (var i = 0; i < request.Ticket.Token.Length; i++)
        {
            var forged = request.Ticket.Token.ToCharArray();
            forged[i] = forged[i] == 'A' ? 'B' : 'A';
            Should.Throw<TicketRefusedException>(() => _node.Tickets.Read(new string(forged), TicketUse.Retrieval));
        }

        Should.Throw<TicketRefusedException>(() => _node.Tickets.Read("", TicketUse.Retrieval));
        Should.Throw<TicketRefusedException>(() => _node.Tickets.Read(new string('A', 4000), TicketUse.Retrieval));
    }

    [Fact]
    public async Task A_missing_or_unknown_why_is_refused_and_nothing_is_written()
    {
        var before = await _node.AdminScalarAsync<long>("SELECT count(*) FROM audit.leaf");
        (string Purpose, string Basis, string Retention)[] wrong =
        [
            ("", "art6-1-f", "std-12m"),
            ("Kündigung von Frau Müller", "art6-1-f", "std-12m"),
            ("P-007", "art6-1-x", "std-12m"),
            ("P-007", "", "std-12m"),
            ("P-007", "art88+agreement", "std-12m"),
            ("P-007", "art6-1-f", "for-ever"),
            ("P-007", "art6-1-f", ""),
        ];
        foreach (var (purpose, basis, retention) in wrong)
        {
            var why = new ProcessingContext(purpose, basis, retention, RecordingLevelCode.Content, false);
            await Should.ThrowAsync<ArgumentException>(() => _node.Ledger.OpenRequestAsync(LedgerNode.Request() with { Why = why }, default));
            AuditVocabulary.Fault(why).ShouldNotBeNull();
        }

        (await _node.AdminScalarAsync<long>("SELECT count(*) FROM audit.leaf")).ShouldBe(before);
    }

    [Fact]
    public async Task Free_text_never_reaches_the_clear_part()
    {
        await Should.ThrowAsync<ArgumentException>(() => _node.Ledger.AppendAuthAsync(LedgerNode.Reader1, "sign in of Müller", "ok", default));
        await Should.ThrowAsync<ArgumentException>(() => _node.Ledger.AppendAuthAsync(LedgerNode.Reader1 with { Authentication = "max@example.com" }, "sign-in", "ok", default));
        await using var request = await _node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
        await _node.Ledger.AbortAsync(request, "The file Kündigung Müller.docx is missing", default);

        var abort = (await _node.Reader.ReadAsync(new LedgerFilter("abort"), 1, null, default)).Records.Single();

        abort.Outcome.ShouldBe("other");
    }

    [Fact]
    public async Task Markers_of_personal_data_are_found_nowhere_outside_ciphertext()
    {
        // T29, the parts of this issue: cores, the whole ledger database and the key database, searched as bytes.
        const string Marker = "Zwiebelturm-4711";
        await using (var request = await _node.Ledger.OpenRequestAsync(LedgerNode.Request($"Was sagt {Marker}?"), default))
        {
            await _node.Ledger.AppendContextAsync(request, LedgerNode.Context(), default);
            await _node.Ledger.SpoolAsync(request, $"{Marker} sagt", default);
            await _node.Ledger.RespondAsync(request, LedgerNode.Response($"{Marker} sagt nichts", Marker), default);
        }

        await using var open = await _node.Ledger.OpenRequestAsync(LedgerNode.Request(Marker), default);
        await _node.Ledger.SpoolAsync(open, Marker, default); // still in the spool while we look

        var found = 0;
        foreach (var table in new[] { "leaf", "sealed", "spool", "open_request", "head", "tile" })
        {
            var rows = await _node.AdminScalarAsync<string>($"SELECT string_agg(x::text, '|') FROM audit.{table} x") ?? "";
            found += Contains(rows, Marker) || Contains(rows, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Marker))) ? 1 : 0;
            found += Contains(rows, LedgerNode.Reader1.Person.ToString()) ? 1 : 0;
        }

        found.ShouldBe(0);
    }

    [Fact]
    public async Task A_person_has_another_pseudonym_each_month()
    {
        var clock = new ShiftedClock();
        await using var databases = await LedgerNode.InstallAsync();
        await using var node = await LedgerNode.StartAsync(databases, clock);
        await node.Ledger.AppendAuthAsync(LedgerNode.Reader1, "sign-in", "ok", default);
        await node.Ledger.AppendAuthAsync(LedgerNode.Reader1, "sign-in", "ok", default);
        clock.Shift += TimeSpan.FromDays(31);
        await node.Ledger.AppendAuthAsync(LedgerNode.Reader1, "sign-in", "ok", default);

        var pseudonyms = (await node.Reader.ReadAsync(new LedgerFilter("auth"), 10, null, default)).Records.Select(r => r.Pseudonym).ToList();

        pseudonyms.Count.ShouldBe(3);
        pseudonyms[1].ShouldBe(pseudonyms[2]);
        pseudonyms[0].ShouldNotBe(pseudonyms[1]);
        (await node.Reader.ReadAsync(new LedgerFilter(Pseudonym: pseudonyms[1]), 10, null, default)).Records.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Events_carry_their_own_fields()
    {
        var version = new DocumentVersionId(Guid.CreateVersion7());
        await _node.Ledger.AppendAuthAsync(null, "sign-in", "denied", default);
        await _node.Ledger.AppendDocumentVersionAsync(LedgerNode.Reader1, LedgerNode.Why, version, new string('c', 64), "received", default);
        await _node.Ledger.AppendViewOpenAsync(LedgerNode.Reader1, LedgerNode.Why, version, 7, null, default);

        var records = (await _node.Reader.ReadAsync(new LedgerFilter(), 3, null, default)).Records;

        records.Select(r => r.Type).ShouldBe(["view.open", "doc.version", "auth"]);
        records[0].CoreJson.ShouldContain("\"page\":7");
        records[1].CoreJson.ShouldNotContain(new string('c', 64));
        records[2].ActorKind.ShouldBe("system");
        records.ShouldAllBe(r => r.Proof == ProofState.Proven);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repetition()
    {
        for (var i = 0; i < 600; i += 60)
        {
            await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => _node.Ledger.AppendAuthAsync(LedgerNode.Reader1, "sign-in", "ok", default)));
        }

        var seen = new List<LedgerRecord>();
        string? next = null;
        do
        {
            var page = await _node.Reader.ReadAsync(new LedgerFilter(), 97, next, default);
            seen.AddRange(page.Records);
            next = page.Next;
        }
        while (next is not null);

        seen.Select(r => r.Seq).ShouldBe(Enumerable.Range(0, 602).Select(i => (long)(601 - i)));
        seen.ShouldAllBe(r => r.Proof == ProofState.Proven);
        var status = (await _node.Reader.StatusAsync(default)).Single();
        status.Records.ShouldBe(602);
        status.HeadFits.ShouldBeTrue();
        (await _node.Verifier.VerifyAsync(false, null, default)).Code.ShouldBe(VerificationCode.Ok);
    }

    [Fact]
    public async Task The_writer_role_reads_nothing_sealed_and_changes_nothing()
    {
        await using var request = await _node.Ledger.OpenRequestAsync(LedgerNode.Request(), default);
        string[] refused =
        [
            "SELECT ct FROM audit.sealed",
            "SELECT * FROM audit.sealed_digest",
            "UPDATE audit.leaf SET core = core",
            "DELETE FROM audit.leaf",
            "TRUNCATE audit.leaf",
            "UPDATE audit.head SET size = size",
            "INSERT INTO audit.head SELECT 99, size, frontier, root, last_t, fence, version FROM audit.head",
            "DELETE FROM audit.spool",
            "DELETE FROM audit.open_request",
            "UPDATE audit.sealed SET ct = NULL",
            "DELETE FROM audit.leaf_1",
            "CREATE TABLE audit.x(i int)",
        ];
        foreach (var sql in refused)
        {
            await using var command = _node.Databases.AuditWriter.CreateCommand(sql);
            (await Should.ThrowAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).SqlState.ShouldBe("42501", sql);
        }

        foreach (var sql in new[] { "SELECT ct FROM audit.sealed", "SELECT wrapped_cek FROM audit.open_request", "SELECT * FROM audit.spool", "DELETE FROM audit.leaf" })
        {
            await using var command = _node.Databases.AuditVerifier.CreateCommand(sql);
            (await Should.ThrowAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).SqlState.ShouldBe("42501", sql);
        }

        // close_requests demands the terminal record
        await using var close = _node.Databases.AuditWriter.CreateCommand("SELECT audit.close_requests(1::smallint, ARRAY[$1])");
        close.Parameters.Add(new() { Value = request.Id.Value });
        await Should.ThrowAsync<PostgresException>(() => close.ExecuteNonQueryAsync());
    }

    [Fact]
    public async Task Even_a_superuser_in_replica_mode_meets_the_guard_rails()
    {
        string[] refused =
        [
            "UPDATE audit.leaf SET core = core WHERE seq = 0",
            "DELETE FROM audit.leaf_1 WHERE seq = 0",
            "TRUNCATE audit.leaf",
            "TRUNCATE audit.leaf_1",
            "TRUNCATE audit.sealed",
            "UPDATE audit.head SET size = 0",
            "DELETE FROM audit.head",
            "UPDATE audit.log SET name = 'x'",
        ];
        foreach (var sql in refused)
        {
            var refusal = await Should.ThrowAsync<PostgresException>(() => _node.AdminScalarAsync<long>($"SET session_replication_role = replica; {sql}"));
            refusal.SqlState.ShouldBe("42501", sql);
        }
    }

    private static bool Contains(string rows, string text) => rows.Contains(text, StringComparison.Ordinal);

    private async Task<long> RowsLeftAsync() => await _node.AdminScalarAsync<long>("SELECT (SELECT count(*) FROM audit.spool) + (SELECT count(*) FROM audit.open_request)");

    private async Task<bool> CommitmentHoldsAsync(string segment, string text)
    {
        await using var connection = new NpgsqlConnection(_databases.AdminConnection(Storage.Postgres.DatabaseKind.Audit));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT l.name, s.rid, s.sdk_id, s.wrapped_cek, f.core FROM audit.sealed s JOIN audit.log l USING (log_id) JOIN audit.leaf f USING (log_id, rid) WHERE s.seg = $1", connection);
        command.Parameters.Add(new() { Value = segment });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var place = new SegmentPlace(reader.GetString(0), reader.GetGuid(1), segment);
        var subjectKey = (await _node.Get<KeyBroker>().FindAsync(reader.GetGuid(2), default)).ShouldNotBeNull();
        var key = subjectKey.UnwrapContentKey(reader.GetFieldValue<byte[]>(3), place.KeyContext());
        using var core = JsonDocument.Parse(reader.GetFieldValue<byte[]>(4));
        var recorded = core.RootElement.GetProperty("segs").EnumerateArray().Single(s => s.GetProperty("n").ValueEquals(segment)).GetProperty("c").GetString();
        return string.Equals(recorded, System.Buffers.Text.Base64Url.EncodeToString(SegmentCipher.Commit(key, Encoding.UTF8.GetBytes(text))), StringComparison.Ordinal);
    }
}

/// <summary>The system's clock, moved.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
}

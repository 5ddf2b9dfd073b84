using System.Security.Cryptography;
using System.Text.Json;
using EnterpriseRag.Audit.Canonical;
using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Requests;
using EnterpriseRag.Audit.Sealing;
using EnterpriseRag.Audit.Subjects;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Audit.Recovery;

/// <summary>
/// Ends requests whose node died (ledger.md 2.8): after the lease any node claims the row and appends the abort with what the spool holds. Claim and abort
/// are each atomic, and one terminal record per request is a rule of the database, so any number of nodes may try.
/// </summary>
internal sealed class RecoveryService(
    Databases databases,
    GroupCommitWriter writer,
    ShardDirectory shards,
    ContentSealer sealer,
    CoreFactory cores,
    NodeIdentity node,
    IOptions<AuditOptions> options,
    TimeProvider time,
    ILogger<RecoveryService> log) : BackgroundService
{
    private const int ClaimAtOnce = 50;
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_every, time);
        var round = 0;
        try
        {
            do
            {
                await TryRunOnceAsync(round++ % 12 == 0, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // stopping
        }
    }

    /// <summary>Ends every request whose lease is over.</summary>
    /// <returns>How many.</returns>
    internal async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var ended = 0;
        while (await ClaimAsync(cancellationToken) is { Count: > 0 } claimed)
        {
            foreach (var request in claimed)
            {
                await EndAsync(request, cancellationToken);
                ended++;
            }
        }

        return ended;
    }

    private async Task TryRunOnceAsync(bool alsoOrphans, CancellationToken cancellationToken)
    {
        try
        {
            await RunOnceAsync(cancellationToken);
            if (alsoOrphans)
            {
                await ReportOrphansAsync(cancellationToken);
            }
        }
#pragma warning disable CA1031 // the service must outlive one bad row or an outage; it is logged and tried again
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Log.RecoveryFailed(log, e);
        }
    }

    private async Task<List<Abandoned>> ClaimAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.AuditWriter.CreateCommand(
            """
            UPDATE audit.open_request SET node = $1, lease = clock_timestamp() + $2
             WHERE rid IN (SELECT rid FROM audit.open_request WHERE lease < clock_timestamp() ORDER BY lease LIMIT $3 FOR UPDATE SKIP LOCKED)
            RETURNING rid, log_id, end_rid, subject_ref, sdk_id, wrapped_cek
            """);
        command.Parameters.Add(new() { Value = $"{node.Process}/recovery" }); // not the process's own name: its spool writes must fail from now on
        command.Parameters.Add(new() { Value = options.Value.Lease });
        command.Parameters.Add(new() { Value = ClaimAtOnce });
        var claimed = new List<Abandoned>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            claimed.Add(new Abandoned(reader.GetGuid(0), reader.GetInt16(1), reader.GetGuid(2), reader.GetFieldValue<byte[]>(3), reader.GetGuid(4), reader.GetFieldValue<byte[]>(5)));
        }

        return claimed;
    }

    private async Task EndAsync(Abandoned request, CancellationToken cancellationToken)
    {
        var shard = await shards.FindAsync(request.LogId, cancellationToken);
        var context = await ReadContextAsync(request, cancellationToken);
        var rows = await ReadSpoolAsync(request.Rid, cancellationToken);
        var (groups, bytes, segment) = await SealSpoolAsync(request, shard, context, rows, cancellationToken);

        var core = RecordCores.Abort(cores.Frame(shard, LeafType.Abort, request.EndRid, request.Rid, context.Core), "lease_expired", groups, bytes).Add("recovered", true);
        var references = new CoreArray();
        if (segment is not null)
        {
            references.Add(segment.Reference);
        }
        else if (groups > 0 && context.Level != RecordingLevelCode.Metadata)
        {
            core.Add("spool", "unreadable");
        }

        var abort = new PendingRecord(shard, LeafType.Abort, request.EndRid, request.Rid, CoreTemplate.From(core.Add("segs", references))) { Sealed = segment is null ? [] : [segment.Row] };
        try
        {
            await writer.AppendAsync(abort);
            Log.Recovered(log, request.Rid, groups);
        }
        catch (RequestEndedException)
        {
            // its node was slower than dead and ended it after all: the row went with that record
        }
    }

    private async Task<(int Groups, long Bytes, SealedSegment? Segment)> SealSpoolAsync(Abandoned request, LogShard shard, RecoveredContext context, List<SealedBody> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return (0, 0, null);
        }

        var place = new SegmentPlace(shard.Name, request.EndRid, Segments.Response);
        try
        {
            var subjectKey = await sealer.FindAsync(request.SubjectKey, cancellationToken);
            if (subjectKey is null)
            {
                return (rows.Count, 0, null); // the person was erased meanwhile: so is the text
            }

            var key = new ContentKey(subjectKey.UnwrapContentKey(request.WrappedKey, place.KeyContext()), request.WrappedKey, request.SubjectKey, new Pseudonym(request.SubjectRef, context.Epoch));
            var answer = SpoolCipher.Open(key.Key, shard.Name, request.Rid, rows);
            var segment = answer.Text is { } text ? ContentSealer.Seal(context.Level, key, place, text)
                : answer.Commitment is { } commitment ? ContentSealer.CommitmentOnly(key, place, commitment, answer.Utf8Bytes)
                : null;
            return (answer.Groups, answer.Utf8Bytes, segment);
        }
        catch (CryptographicException e)
        {
            Log.SpoolUnreadable(log, request.Rid, e);
            return (rows.Count, 0, null);
        }
    }

    /// <summary>Who and why of the abort are those of the request's record.</summary>
    private async Task<RecoveredContext> ReadContextAsync(Abandoned request, CancellationToken cancellationToken)
    {
        await using var command = databases.AuditWriter.CreateCommand("SELECT core FROM audit.leaf WHERE log_id = $1 AND rid = $2");
        command.Parameters.Add(new() { Value = request.LogId });
        command.Parameters.Add(new() { Value = request.Rid });
        var bytes = await command.ExecuteScalarAsync(cancellationToken) as byte[] ?? throw new LedgerBrokenException($"The open request {request.Rid} has no record.");
        using var document = JsonDocument.Parse(bytes);
        var core = document.RootElement;
        var actor = core.GetProperty("actor");
        var roles = new CoreArray();
        foreach (var role in actor.GetProperty("roles").EnumerateArray())
        {
            roles.Add(Text(role));
        }

        var who = new CoreObject().Add("p", Text(actor.GetProperty("p"))).Add("kind", Text(actor.GetProperty("kind"))).Add("roles", roles).Add("authn", Text(actor.GetProperty("authn")));
        var level = Text(core.GetProperty("level"));
        return new RecoveredContext(
            new CoreContext(who, Text(core.GetProperty("purpose")), Text(core.GetProperty("basis")), Text(core.GetProperty("ret")), level, string.Equals(Text(core.GetProperty("priv").GetProperty("state")), "claimed", StringComparison.Ordinal)),
            Enum.GetValues<RecordingLevelCode>().Single(code => string.Equals(AuditVocabulary.Code(code), level, StringComparison.Ordinal)),
            Epoch(core));

        static string Text(JsonElement element) => element.GetString() ?? throw new LedgerBrokenException("A record lacks a mandatory field.");
    }

    // The pseudonym's month stands in the sealed prompt's reference; the record's own time may be in the next month already.
    private static string Epoch(JsonElement core) =>
        core.GetProperty("segs") is { } segments && segments.GetArrayLength() > 0 && segments[0].GetProperty("e").GetString() is { } epoch
            ? epoch
            : core.GetProperty("t").GetString()?[..7] ?? throw new LedgerBrokenException("A record lacks its time.");

    private async Task<List<SealedBody>> ReadSpoolAsync(Guid request, CancellationToken cancellationToken)
    {
        await using var command = databases.AuditWriter.CreateCommand("SELECT nonce, ct FROM audit.spool WHERE rid = $1 ORDER BY k");
        command.Parameters.Add(new() { Value = request });
        var rows = new List<SealedBody>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new SealedBody(reader.GetFieldValue<byte[]>(0), reader.GetFieldValue<byte[]>(1)));
        }

        return rows;
    }

    private async Task ReportOrphansAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.AuditWriter.CreateCommand(
            "SELECT count(*) FROM audit.spool s WHERE s.created_at < now() - interval '10 minutes' AND NOT EXISTS (SELECT FROM audit.open_request r WHERE r.rid = s.rid)");
        if (await command.ExecuteScalarAsync(cancellationToken) is long rows and > 0)
        {
            Log.OrphanSpool(log, rows);
        }
    }

    private sealed record Abandoned(Guid Rid, short LogId, Guid EndRid, byte[] SubjectRef, Guid SubjectKey, byte[] WrappedKey);

    private sealed record RecoveredContext(CoreContext Core, RecordingLevelCode Level, string Epoch);
}

using EnterpriseRag.Audit.Canonical;
using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Recovery;
using EnterpriseRag.Audit.Requests;
using EnterpriseRag.Audit.Sealing;
using EnterpriseRag.Audit.Subjects;
using EnterpriseRag.Foundation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Audit;

/// <summary>
/// The one door of the audit module. Every method returns only after its record is committed in Postgres (group commit);
/// <see cref="AuditUnavailableException"/> otherwise, within 2.5 seconds. The caller's token is looked at before anything is sent, not
/// afterwards: a record on its way is not withdrawn. No method updates or deletes a record. Safe for any number of concurrent callers.
/// </summary>
public sealed class AuditLedger
{
    private readonly GroupCommitWriter _writer;
    private readonly SpoolWriter _spool;
    private readonly ShardDirectory _shards;
    private readonly IdentityVault _vault;
    private readonly ContentSealer _sealer;
    private readonly CoreFactory _cores;
    private readonly TicketAuthority _tickets;
    private readonly LeaseKeeper _leases;
    private readonly NodeIdentity _node;
    private readonly IdFactory _ids;
    private readonly AuditOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<AuditLedger> _log;

    internal AuditLedger(
        GroupCommitWriter writer,
        SpoolWriter spool,
        ShardDirectory shards,
        IdentityVault vault,
        ContentSealer sealer,
        CoreFactory cores,
        TicketAuthority tickets,
        LeaseKeeper leases,
        NodeIdentity node,
        IdFactory ids,
        IOptions<AuditOptions> options,
        TimeProvider time,
        ILogger<AuditLedger> log)
    {
        _writer = writer;
        _spool = spool;
        _shards = shards;
        _vault = vault;
        _sealer = sealer;
        _cores = cores;
        _tickets = tickets;
        _leases = leases;
        _node = node;
        _ids = ids;
        _options = options.Value;
        _time = time;
        _log = log;
    }

    /// <summary>Appends the request leaf and its open_request row; the returned request carries the ticket. Dispose the request.</summary>
    /// <exception cref="ArgumentException">A field is missing or unknown (see <see cref="AuditVocabulary"/>); nothing was written.</exception>
    public async Task<OpenRequest> OpenRequestAsync(RequestRecord record, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var id = new RequestId(_ids.Next());
        var endRid = _ids.Next();
        var (shard, pseudonym) = await PrepareAsync(record.Actor.Person);
        var context = CoreFactory.Context(record.Actor, pseudonym, record.Why);
        var subjectKey = await ReachAsync(token => _sealer.SubjectKeyAsync(pseudonym, context.Retention, token));
        var responseKey = ContentSealer.NewKey(subjectKey, pseudonym, new SegmentPlace(shard.Name, endRid, Segments.Response));
        var promptPlace = new SegmentPlace(shard.Name, id.Value, Segments.Prompt);
        var prompt = ContentSealer.Seal(record.Why.Level, ContentSealer.NewKey(subjectKey, pseudonym, promptPlace), promptPlace, record.Prompt);

        var core = RecordCores.Request(_cores.Frame(shard, LeafType.Request, id.Value, null, context), record);
        var placement = await AppendAsync(new PendingRecord(shard, LeafType.Request, id.Value, null, WithSegments(core, prompt))
        {
            Sealed = Rows(prompt),
            Opens = new OpenRow(endRid, _node.Process, _options.Lease, pseudonym.Value, subjectKey.Id, responseKey.Wrapped),
        });
        var request = new OpenRequest(this, shard, id, placement.Seq, endRid, _tickets.Issue(shard.Name, placement.Seq, id, record.Opens), context, record.Why.Level, subjectKey, responseKey);
        _leases.Add(id.Value);
        return request;
    }

    /// <summary>Appends the context leaf. Must complete before a prompt is assembled.</summary>
    public async Task AppendContextAsync(OpenRequest request, ContextRecord record, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var rid = _ids.Next();
        var core = RecordCores.Context(Frame(request, LeafType.Context, rid), record);
        await AppendAsync(new PendingRecord(request.Shard, LeafType.Context, rid, request.Id.Value, CoreTemplate.From(core)));
    }

    /// <summary>
    /// Commits an encrypted spool row holding <paramref name="text"/>; only afterwards may the text be shown (stream gate). After a failure every further call
    /// fails too: the stream is over.
    /// </summary>
    public async Task SpoolAsync(OpenRequest request, string text, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (request.IsBroken || request.IsEnded)
        {
            throw new AuditUnavailableException("The request's stream is over.");
        }

        request.IsBroken = true; // until the row is known to be committed
        await _spool.WriteAsync(request.Id.Value, request.Groups, request.NextSpoolRow(text));
        request.Spooled(text);
        request.IsBroken = false;
    }

    /// <summary>Terminal leaf of an answered request; deletes spool and open_request rows in the same transaction.</summary>
    public Task<Receipt> RespondAsync(OpenRequest request, ResponseRecord record, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var response = ContentSealer.Seal(request.Level, request.ResponseKey, new SegmentPlace(request.Shard.Name, request.EndRid, Segments.Response), record.Shown);
        SealedSegment? withheld = null;
        if (record.Withheld is { } text)
        {
            var place = new SegmentPlace(request.Shard.Name, request.EndRid, Segments.Withheld);
            withheld = ContentSealer.Seal(request.Level, ContentSealer.NewKey(request.SubjectKey, request.ResponseKey.Subject, place), place, text);
        }

        return EndAsync(request, LeafType.Response, RecordCores.Response(Frame(request, LeafType.Response, request.EndRid), record, request.Groups), response, withheld);
    }

    /// <summary>Terminal leaf of a request that ended early (cancelled, failed, client gone): seals what the spool holds.</summary>
    /// <param name="request">The request.</param>
    /// <param name="reason">A code such as <c>client_gone</c>; anything else is recorded as <c>other</c>.</param>
    /// <param name="cancellationToken">Not looked at: an abort is often the answer to a cancellation.</param>
    public Task<Receipt> AbortAsync(OpenRequest request, string reason, CancellationToken cancellationToken)
    {
        _ = cancellationToken;
        var place = new SegmentPlace(request.Shard.Name, request.EndRid, Segments.Response);
        var shown = request.Groups == 0 ? null
            : request.ShownCommitment is { } commitment ? ContentSealer.CommitmentOnly(request.ResponseKey, place, commitment, request.ShownBytes)
            : ContentSealer.Seal(request.Level, request.ResponseKey, place, request.Shown);
        var core = RecordCores.Abort(Frame(request, LeafType.Abort, request.EndRid), ReasonCode(reason), request.Groups, request.ShownBytes);
        return EndAsync(request, LeafType.Abort, core, shown);
    }

    /// <summary>Terminal leaf of a request that policy refused before retrieval.</summary>
    public Task<Receipt> RefuseAsync(OpenRequest request, string reason, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return EndAsync(request, LeafType.Refusal, Frame(request, LeafType.Refusal, request.EndRid).Add("reason", ReasonCode(reason)));
    }

    /// <summary>A sign-in, sign-out, denied sign-in, token creation or refused ticket. A null actor means: nobody known.</summary>
    /// <param name="actor">Who; null when the name given is no account.</param>
    /// <param name="action">A code such as <c>sign-in</c>.</param>
    /// <param name="outcome">A code such as <c>denied</c>.</param>
    /// <param name="cancellationToken">Looked at before anything is sent.</param>
    public Task<Receipt> AppendAuthAsync(Actor? actor, string action, string outcome, CancellationToken cancellationToken) =>
        AppendEventAsync(LeafType.Auth, actor, _cores.Operation, null, core => core.Add("action", CoreFactory.Code(action, "action")).Add("outcome", CoreFactory.Code(outcome, "outcome")), cancellationToken);

    /// <summary>A document version was received, published, failed or deleted (<paramref name="action"/>).</summary>
    /// <param name="actor">Who.</param>
    /// <param name="why">Of the matter.</param>
    /// <param name="version">The version.</param>
    /// <param name="sha256">Of the received bytes, in hexadecimal. It is sealed: the plain hash of a known file would be personal data for ever.</param>
    /// <param name="action">A code.</param>
    /// <param name="cancellationToken">Looked at before anything is sent.</param>
    public Task<Receipt> AppendDocumentVersionAsync(Actor actor, ProcessingContext why, DocumentVersionId version, string sha256, string action, CancellationToken cancellationToken) =>
        !AuditVocabulary.IsSha256(sha256)
            ? throw new ArgumentException("The hash must be 64 lower-case hexadecimal digits.", nameof(sha256))
            : AppendEventAsync(LeafType.DocumentVersion, actor, why, null, core => core.Add("doc", CoreFactory.Text(version.Value)).Add("action", CoreFactory.Code(action, "action")), cancellationToken, (Segments.DocumentHash, sha256));

    /// <summary>Somebody opens document content in the viewer: durable before the bytes go out.</summary>
    public Task<Receipt> AppendViewOpenAsync(Actor actor, ProcessingContext why, DocumentVersionId version, int page, RequestId? cause, CancellationToken cancellationToken) =>
        AppendEventAsync(LeafType.ViewOpen, actor, why, cause, core => core.Add("doc", CoreFactory.Text(version.Value)).Add("page", page), cancellationToken);

    /// <summary>An effective configuration change (at start: the hash of the whole), before it takes effect.</summary>
    public Task<Receipt> AppendConfigAsync(Actor actor, string what, string configSha256, CancellationToken cancellationToken) =>
        !AuditVocabulary.IsSha256(configSha256)
            ? throw new ArgumentException("The hash must be 64 lower-case hexadecimal digits.", nameof(configSha256))
            : AppendEventAsync(LeafType.Config, actor, _cores.Operation, null, core => core.Add("what", CoreFactory.Code(what, "subject of the change")).Add("config_sha256", configSha256), cancellationToken);

    /// <summary>End of a request's life in this process; appends the abort that nobody else appended.</summary>
    internal async Task CloseAsync(OpenRequest request)
    {
        if (request.IsEnded)
        {
            return;
        }

        try
        {
            await AbortAsync(request, request.IsBroken ? "audit_unavailable" : "disposed", CancellationToken.None);
        }
        catch (AuditUnavailableException e)
        {
            Log.AbortFailed(_log, request.Id.Value, e);
        }
        finally
        {
            _leases.Remove(request.Id.Value); // no longer renewed: recovery takes over when the abort is missing
        }
    }

    private async Task<Receipt> EndAsync(OpenRequest request, LeafType type, CoreObject core, params SealedSegment?[] segments)
    {
        if (request.IsEnded)
        {
            throw new InvalidOperationException($"Request {request.Id} has its terminal record already.");
        }

        request.IsBroken = true; // until the record is known to be committed
        try
        {
            var placement = await AppendAsync(new PendingRecord(request.Shard, type, request.EndRid, request.Id.Value, WithSegments(core, segments)) { Sealed = Rows(segments) });
            request.IsEnded = true;
            _leases.Remove(request.Id.Value);
            return new Receipt(request.Id, placement.Seq, Convert.ToHexStringLower(placement.LeafHash));
        }
        catch (RequestEndedException e)
        {
            request.IsEnded = true;
            _leases.Remove(request.Id.Value);
            throw new AuditUnavailableException("The request was ended by recovery: its lease was over.", e);
        }
    }

    private async Task<Receipt> AppendEventAsync(
        LeafType type, Actor? actor, ProcessingContext why, RequestId? of, Action<CoreObject> fill, CancellationToken cancellationToken, (string Name, string Text)? content = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var rid = _ids.Next();
        var (shard, pseudonym) = await PrepareAsync(actor?.Person ?? default);
        var context = CoreFactory.Context(actor ?? s_nobody, pseudonym, why);
        var core = _cores.Frame(shard, type, rid, of?.Value, context);
        fill(core);

        SealedSegment? segment = null;
        if (content is { } text)
        {
            var place = new SegmentPlace(shard.Name, rid, text.Name);
            var subjectKey = await ReachAsync(token => _sealer.SubjectKeyAsync(pseudonym, context.Retention, token));
            // Not the person's words but evidence about a file: sealed at every level.
            segment = ContentSealer.Seal(RecordingLevelCode.Content, ContentSealer.NewKey(subjectKey, pseudonym, place), place, text.Text);
        }

        var placement = await AppendAsync(new PendingRecord(shard, type, rid, of?.Value, WithSegments(core, segment)) { Sealed = Rows(segment) });
        return new Receipt(new RequestId(rid), placement.Seq, Convert.ToHexStringLower(placement.LeafHash));
    }

    private static readonly Actor s_nobody = new(default, ActorKind.System, [], "none");

    private CoreObject Frame(OpenRequest request, LeafType type, Guid rid) =>
        _cores.Frame(request.Shard, type, rid, request.Id.Value, request.Context).Add("ticket", TicketAuthority.Name(request.Ticket));

    private Task<(LogShard Shard, Pseudonym Pseudonym)> PrepareAsync(PersonId person) =>
        ReachAsync(async token => (await _shards.CurrentAsync(token), await _vault.PseudonymAsync(person, token)));

    private Task<Placement> AppendAsync(PendingRecord record) => _writer.AppendAsync(record);

    /// <summary>Databases and keys before the append itself: whatever is out of reach there closes the door as the ledger would.</summary>
    private async Task<T> ReachAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        using var limit = new CancellationTokenSource(_options.AppendTimeout, _time);
        try
        {
            return await work(limit.Token);
        }
        catch (Exception e) when (Outage.IsAny(e))
        {
            throw new AuditUnavailableException("The ledger, its keys or the identity vault cannot be reached.", e);
        }
    }

    private string ReasonCode(string reason)
    {
        if (AuditVocabulary.IsCode(reason))
        {
            return reason;
        }

        Log.ReasonReplaced(_log);
        return "other";
    }

    private static CoreTemplate WithSegments(CoreObject core, params ReadOnlySpan<SealedSegment?> segments)
    {
        var references = new CoreArray();
        foreach (var segment in segments)
        {
            if (segment is not null)
            {
                references.Add(segment.Reference);
            }
        }

        return CoreTemplate.From(core.Add("segs", references));
    }

    private static SealedRow[] Rows(params SealedSegment?[] segments) => [.. segments.OfType<SealedSegment>().Select(s => s.Row)];
}

using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Ingestion.Extract.Sandbox;
using EnterpriseRag.Ingestion.Jobs;
using EnterpriseRag.Ingestion.Receive;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Blobs;
using EnterpriseRag.Storage.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Ingestion;

/// <summary>What became of received bytes. <c>Unchanged</c>: the same bytes were there already, nothing was queued.</summary>
public sealed record ReceivedDocument(DocumentId Document, DocumentVersionId Version, bool Unchanged);

/// <summary>
/// Takes documents in and removes them. The caller has checked nothing: membership and role are checked here. Every change of a document happens under its
/// row lock, so receiving, publishing and deleting never interleave. Safe for concurrent callers.
/// </summary>
public sealed class DocumentIntake
{
    private const int LongestName = 400;
    private const int Attempts = 3;

    private readonly IDbContextFactory<RagDbContext> _contexts;
    private readonly AuditLedger _ledger;
    private readonly BlobStore _blobs;
    private readonly JobQueue _queue;
    private readonly DocumentRemoval _removal;
    private readonly WorkSignal _signal;
    private readonly ExtractionDirectory _directory;
    private readonly ExtractionOptions _limits;
    private readonly IdFactory _ids;
    private readonly TimeProvider _time;

    internal DocumentIntake(
        IDbContextFactory<RagDbContext> contexts, AuditLedger ledger, BlobStore blobs, JobQueue queue, DocumentRemoval removal, WorkSignal signal,
        ExtractionDirectory directory, IOptions<ExtractionOptions> limits, IdFactory ids, TimeProvider time)
    {
        (_contexts, _ledger, _blobs, _queue, _removal, _signal) = (contexts, ledger, blobs, queue, removal, signal);
        (_directory, _limits, _ids, _time) = (directory, limits.Value, ids, time);
    }

    /// <summary>
    /// Stores the bytes encrypted and queues the work; durable when the task ends. Same name in the same matter = a new version;
    /// the old version answers until the new one is ready. The same bytes as the newest version change nothing; if that version failed, they queue it again.
    /// Needs contributor or owner in the matter, or the platform administrator.
    /// </summary>
    /// <returns>NotFound (no such matter for this person), Forbidden, Invalid (name, size, empty), Conflict, AuditUnavailable.</returns>
    public async Task<Result<ReceivedDocument>> ReceiveAsync(Actor actor, MatterId matter, string fileName, Stream content, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(fileName.Replace('\\', '/')).Trim();
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl))
        {
            return new Failure(FailureKind.Invalid, $"The file needs a name of 1 to {LongestName} characters without control characters.");
        }

        await using (var context = await _contexts.CreateDbContextAsync(cancellationToken))
        {
            if (await IntakeAccess.CheckAsync(context, actor, matter, cancellationToken) is { } denied)
            {
                return denied;
            }
        }

        await using var received = await ReceivedBytes.ReadAsync(content, _directory.Path, _limits.MaxFileMegabytes * 1024L * 1024L, cancellationToken);
        if (received is null)
        {
            return new Failure(FailureKind.Invalid, $"The file is larger than {_limits.MaxFileMegabytes} MB. Split it and upload the parts.");
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await StoreAsync(actor, matter, name, received, cancellationToken);
            }
            catch (DbUpdateException e) when (attempt < Attempts && e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
            {
                // Somebody else has just received a file of this name: it is there now, so this one becomes its next version (or changes nothing).
            }
            catch (AuditUnavailableException)
            {
                return new Failure(FailureKind.AuditUnavailable, "The audit ledger cannot write, so nothing was received. Try again when it is back.");
            }
        }
    }

    /// <summary>Removes every chunk, vector, blob, key and job of the document. On failure the document stays visible as being deleted and the removal is retried.</summary>
    /// <returns>True when everything is gone. NotFound, Forbidden, AuditUnavailable (nothing was done); Unavailable (it is being deleted and will be retried).</returns>
    public async Task<Result<bool>> DeleteAsync(Actor actor, DocumentId document, CancellationToken cancellationToken)
    {
        await using (var context = await _contexts.CreateDbContextAsync(cancellationToken))
        {
            var matter = await context.Documents.Where(d => d.Id == document).Select(d => (MatterId?)d.MatterId).SingleOrDefaultAsync(cancellationToken);
            if (matter is null)
            {
                return new Failure(FailureKind.NotFound, "There is no such document.");
            }

            if (await IntakeAccess.CheckAsync(context, actor, matter.Value, cancellationToken) is { } denied)
            {
                return denied;
            }
        }

        try
        {
            if (!await _removal.MarkAsync(actor, document, cancellationToken))
            {
                return new Failure(FailureKind.NotFound, "There is no such document.");
            }
        }
        catch (AuditUnavailableException)
        {
            return new Failure(FailureKind.AuditUnavailable, "The audit ledger cannot write, so nothing was deleted. Try again when it is back.");
        }

        // From here on the deletion is durable; what fails now is repeated by the worker.
        return await _removal.TryRemoveAsync(document, cancellationToken)
            ? true
            : new Failure(FailureKind.Unavailable, "The document is being deleted: a part of the system did not answer. It no longer answers questions, and the rest is removed as soon as possible.");
    }

    /// <summary>Queues a failed version again.</summary>
    /// <returns>True when it was queued. NotFound, Forbidden; Conflict when it has not failed or its document is being deleted.</returns>
    public async Task<Result<bool>> RetryAsync(Actor actor, DocumentVersionId version, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.DocumentVersions.Where(v => v.Id == version).Select(v => new { v.DocumentId, v.MatterId }).SingleOrDefaultAsync(cancellationToken);
        if (found is null)
        {
            return new Failure(FailureKind.NotFound, "There is no such document.");
        }

        if (await IntakeAccess.CheckAsync(context, actor, found.MatterId, cancellationToken) is { } denied)
        {
            return denied;
        }

        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var document = await DocumentLock.TakeAsync(context, found.DocumentId, cancellationToken);
        var row = await context.DocumentVersions.SingleOrDefaultAsync(v => v.Id == version, cancellationToken);
        if (document is null || document.DeletingAt is not null || row is not { State: VersionState.Failed })
        {
            return new Failure(FailureKind.Conflict, "Only a failed document can be retried.");
        }

        await RequeueAsync(context, row, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _signal.Raise();
        return true;
    }

    private async Task<Result<ReceivedDocument>> StoreAsync(Actor actor, MatterId matter, string name, ReceivedBytes received, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var why = ProcessingContexts.Of(await context.Matters.AsNoTracking().SingleAsync(m => m.Id == matter, cancellationToken));
        var existing = await context.Documents.Where(d => d.MatterId == matter && d.Name == name && d.DeletingAt == null).Select(d => (DocumentId?)d.Id).SingleOrDefaultAsync(cancellationToken);
        DocumentVersion? newest = null;
        if (existing is { } known)
        {
            var locked = await DocumentLock.TakeAsync(context, known, cancellationToken);
            if (locked is null || locked.DeletingAt is not null)
            {
                return new Failure(FailureKind.Conflict, "A document of this name is just being deleted. Upload the file again in a moment.");
            }

            newest = await context.DocumentVersions.Where(v => v.DocumentId == known).OrderByDescending(v => v.Number).FirstOrDefaultAsync(cancellationToken);
        }

        if (newest is not null && newest.Sha256.AsSpan().SequenceEqual(received.Sha256))
        {
            if (newest.State is not VersionState.Failed)
            {
                return new ReceivedDocument(newest.DocumentId, newest.Id, Unchanged: true);
            }

            await RequeueAsync(context, newest, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            _signal.Raise();
            return new ReceivedDocument(newest.DocumentId, newest.Id, Unchanged: false);
        }

        var now = _time.GetUtcNow();
        var document = existing ?? new DocumentId(_ids.Next());
        if (existing is null)
        {
            context.Documents.Add(new Document { Id = document, MatterId = matter, Name = name, CreatedAt = now });
            await context.SaveChangesAsync(cancellationToken); // takes the name: of two receivers one waits here for the other
        }

        var version = new DocumentVersion
        {
            Id = new DocumentVersionId(_ids.Next()),
            DocumentId = document,
            MatterId = matter,
            Number = (newest?.Number ?? 0) + 1,
            Sha256 = received.Sha256,
            SizeBytes = received.Length,
            MediaType = FileKindDetector.MediaTypeOfName(name),
            State = VersionState.Queued,
            CreatedBy = actor.Person,
            CreatedAt = now,
        };
        await _ledger.AppendDocumentVersionAsync(actor, why, version.Id, Convert.ToHexStringLower(received.Sha256), DocumentActions.Received, cancellationToken);
        await using (var content = received.OpenRead())
        {
            await _blobs.PutAsync(document, content, cancellationToken);
        }

        context.DocumentVersions.Add(version);
        _queue.Enqueue(context, JobKinds.Ingest, version.Id);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _signal.Raise();
        return new ReceivedDocument(document, version.Id, Unchanged: false);
    }

    private async Task RequeueAsync(RagDbContext context, DocumentVersion version, CancellationToken cancellationToken)
    {
        (version.State, version.FailureReason) = (VersionState.Queued, null);
        if (await _queue.ReviveAsync(context, version.Id, cancellationToken) == 0)
        {
            _queue.Enqueue(context, JobKinds.Ingest, version.Id);
        }

        await context.SaveChangesAsync(cancellationToken);
    }
}

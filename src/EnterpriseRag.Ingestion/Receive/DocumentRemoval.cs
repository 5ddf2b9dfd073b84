using System.Text.Json;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Ingestion.Jobs;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Blobs;
using EnterpriseRag.Storage.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Ingestion.Receive;

/// <summary>
/// Deletes documents in two steps. Marking is one transaction with a durable job: from then on no search confirms the document and no worker publishes it.
/// Removing goes from the outside in (jobs, index, files and key, rows), every step may be repeated, and the rows go last: while anything is left,
/// the document is visible as being deleted.
/// </summary>
internal sealed class DocumentRemoval(
    IDbContextFactory<RagDbContext> contexts, AuditLedger ledger, BlobStore blobs, IPassageIndex index, JobQueue queue, WorkSignal signal, SharedPrefixes prefixes, TimeProvider time,
    ILogger<DocumentRemoval> log)
{
    /// <summary>Marks the document; false when it is gone. Marking twice is as once.</summary>
    public async Task<bool> MarkAsync(Actor actor, DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var row = await DocumentLock.TakeAsync(context, document, cancellationToken);
        if (row is null)
        {
            return false;
        }

        if (row.DeletingAt is not null)
        {
            return true;
        }

        var why = ProcessingContexts.Of(await context.Matters.AsNoTracking().SingleAsync(m => m.Id == row.MatterId, cancellationToken));
        var versions = await context.DocumentVersions.Where(v => v.DocumentId == document).OrderBy(v => v.Number).Select(v => new { v.Id, v.Sha256 }).ToListAsync(cancellationToken);
        foreach (var version in versions)
        {
            await ledger.AppendDocumentVersionAsync(actor, why, version.Id, Convert.ToHexStringLower(version.Sha256), DocumentActions.Deleted, cancellationToken);
        }

        row.DeletingAt = time.GetUtcNow();
        queue.Enqueue(context, JobKinds.Remove, null, JsonSerializer.Serialize(new RemovePayload(document.Value), JobJson.Default.RemovePayload));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        prefixes.Forget(); // no search confirms the document any more; now no prompt begins with its text either
        return true;
    }

    /// <summary>Removes now; false when something failed and the job will repeat it.</summary>
    public async Task<bool> TryRemoveAsync(DocumentId document, CancellationToken cancellationToken)
    {
        try
        {
            await RemoveAsync(document, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever failed (index, disk, database): the mark and the job are durable, the caller learns that it is pending, the worker repeats it.
            Log.RemovalPending(log, document, e);
            signal.Raise();
            return false;
        }
    }

    /// <summary>Every step is repeatable; the last one removes the row and the job.</summary>
    public async Task RemoveAsync(DocumentId document, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        // Work on its versions first: a worker that loses its job keeps nothing. Waits for a publication that is being committed.
        await context.Database.ExecuteSqlAsync(
            $"DELETE FROM rag.job WHERE document_version_id IN (SELECT id FROM rag.document_version WHERE document_id = {document.Value})", cancellationToken);
        prefixes.Forget(); // also when another process marked it
        await index.RemoveAsync(document, cancellationToken);
        await blobs.DeleteAllAsync(document, cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await context.Database.ExecuteSqlAsync($"DELETE FROM rag.job WHERE kind = {JobKinds.Remove} AND payload ->> 'document' = {document.Value.ToString("D")}", cancellationToken);
        await context.Database.ExecuteSqlAsync($"DELETE FROM rag.document WHERE id = {document.Value} AND deleting_at IS NOT NULL", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}

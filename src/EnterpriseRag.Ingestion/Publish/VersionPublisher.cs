using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion.Chunk;
using EnterpriseRag.Ingestion.Embed;
using EnterpriseRag.Ingestion.Receive;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Blobs;
using EnterpriseRag.Storage.Documents;
using EnterpriseRag.Storage.Jobs;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Ingestion.Publish;

/// <summary>All that a version consists of when its work is done.</summary>
internal sealed record FinishedVersion(DocumentText Text, string MediaType, string Language, IReadOnlyList<Passage> Passages, IReadOnlyList<PassageToEmbed> Tagged, List<IndexedPassage> Indexed);

/// <summary>
/// Makes a version answer. One transaction under the document's lock: end of the job, chunks, states, text file, ledger leaf, then the index, then the commit.
/// The index comes last before the commit because it is the only part that cannot roll back, and because repeating it changes nothing:
/// a crash before the commit leaves the index ahead of Postgres, searches drop what Postgres does not confirm, and the job, which the rollback kept,
/// publishes the same again. A deletion waits for the lock or is seen under it, so nothing reappears behind it.
/// </summary>
internal sealed class VersionPublisher(IDbContextFactory<RagDbContext> contexts, JobQueue queue, DocumentTextStore texts, IPassageIndex index, AuditLedger ledger, TimeProvider time)
{
    /// <exception cref="LeaseLostException">The document is being deleted or another worker has the job; nothing was kept.</exception>
    public async Task PublishAsync(JobLease lease, DocumentVersionId version, FinishedVersion finished, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await queue.CompleteAsync(context, lease, cancellationToken);
        var row = await context.DocumentVersions.SingleAsync(v => v.Id == version, cancellationToken);
        var document = await DocumentLock.TakeAsync(context, row.DocumentId, cancellationToken);
        if (document is null || document.DeletingAt is not null)
        {
            throw new LeaseLostException(lease.Id);
        }

        var others = await context.DocumentVersions.Where(v => v.DocumentId == document.Id && v.Id != version).ToListAsync(cancellationToken);
        var isNewest = others.TrueForAll(v => v.Number < row.Number || v.State is not VersionState.Ready);
        await WriteChunksAsync(context, version, finished, cancellationToken);
        (row.MediaType, row.Language) = (finished.MediaType, finished.Language);
        (row.PageCount, row.ChunkCount) = (finished.Text.Pages.Count, finished.Passages.Count);
        (row.State, row.ReadyAt, row.FailureReason) = (isNewest ? VersionState.Ready : VersionState.Superseded, time.GetUtcNow(), null);
        foreach (var older in others.Where(v => isNewest && v.State is VersionState.Ready))
        {
            older.State = VersionState.Superseded;
        }

        await context.SaveChangesAsync(cancellationToken);
        await texts.SaveAsync(document.Id, version, finished.Text, cancellationToken);
        var why = ProcessingContexts.Of(await context.Matters.AsNoTracking().SingleAsync(m => m.Id == row.MatterId, cancellationToken));
        await ledger.AppendDocumentVersionAsync(SystemActor.Instance, why, version, Convert.ToHexStringLower(row.Sha256), DocumentActions.Published, cancellationToken);
        if (isNewest)
        {
            await index.PublishAsync(new IndexedVersion(row.MatterId, document.Id, version, finished.Indexed), cancellationToken);
        }

        // Not cancellable from here: the index has the version.
        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>Puts a version that Postgres calls ready into the index again; anything else has become moot.</summary>
    public async Task RepublishAsync(JobLease lease, DocumentVersionId version, List<IndexedPassage> indexed, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await queue.CompleteAsync(context, lease, cancellationToken);
        var row = await context.DocumentVersions.AsNoTracking().SingleAsync(v => v.Id == version, cancellationToken);
        var document = await DocumentLock.TakeAsync(context, row.DocumentId, cancellationToken);
        // Read again under the lock: a newer version may have become ready meanwhile.
        row = await context.DocumentVersions.AsNoTracking().SingleAsync(v => v.Id == version, cancellationToken);
        if (document is { DeletingAt: null } && row.State is VersionState.Ready)
        {
            await index.PublishAsync(new IndexedVersion(row.MatterId, document.Id, version, indexed), cancellationToken);
        }

        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>Ends the job with a failed version. <paramref name="bury"/> keeps it as a dead letter (poison), else it is done: repeating it would fail the same way.</summary>
    public async Task FailAsync(JobLease lease, DocumentVersionId version, Extract.ExtractionFailure failure, string? mediaType, bool bury, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await (bury ? queue.BuryAsync(context, lease, failure.Code, cancellationToken) : queue.CompleteAsync(context, lease, cancellationToken));
        var row = await context.DocumentVersions.SingleAsync(v => v.Id == version, cancellationToken);
        var why = ProcessingContexts.Of(await context.Matters.AsNoTracking().SingleAsync(m => m.Id == row.MatterId, cancellationToken));
        await ledger.AppendDocumentVersionAsync(SystemActor.Instance, why, version, Convert.ToHexStringLower(row.Sha256), DocumentActions.Failed, cancellationToken);
        (row.State, row.FailureReason, row.MediaType) = (VersionState.Failed, failure.ToString(), mediaType ?? row.MediaType);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task WriteChunksAsync(RagDbContext context, DocumentVersionId version, FinishedVersion finished, CancellationToken cancellationToken)
    {
        await context.Chunks.Where(c => c.VersionId == version).ExecuteDeleteAsync(cancellationToken); // of a version that is worked on again
        context.Chunks.AddRange(finished.Passages.Zip(finished.Tagged, (passage, tagged) => new Storage.Chunk
        {
            VersionId = version,
            Ordinal = tagged.Ordinal,
            Start = passage.Start,
            Length = passage.Length,
            Page = passage.Page,
            HeadingPath = passage.HeadingPath,
            Language = tagged.Language,
            Text = tagged.Text,
            SentenceStarts = [.. passage.Sentences.Select(s => s.Start)],
            SentenceLengths = [.. passage.Sentences.Select(s => s.Length)],
            SentenceLanguages = [.. tagged.SentenceLanguages],
        }));
    }
}

/// <summary>The worker as an actor: nobody asked for this very step.</summary>
internal static class SystemActor
{
    public static readonly Actor Instance = new(new PersonId(Guid.Empty), ActorKind.System, [], "system");
}

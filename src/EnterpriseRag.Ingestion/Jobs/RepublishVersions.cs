using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Jobs;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Ingestion.Jobs;

/// <summary>Queues versions that the index lost; one waiting job a version is enough.</summary>
internal sealed class RepublishVersions(IDbContextFactory<RagDbContext> contexts, JobQueue queue, WorkSignal signal) : IRepublishVersions
{
    public async Task RepublishAsync(IReadOnlyCollection<DocumentVersionId> versions, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var wanted = versions.Select(v => (DocumentVersionId?)v).ToArray();
        var queued = await context.Jobs.Where(j => j.Kind == JobKinds.Republish && wanted.Contains(j.DocumentVersionId) && j.DeadAt == null).Select(j => j.DocumentVersionId).ToListAsync(cancellationToken);
        // Deleted since the caller looked: their jobs could not be stored.
        var present = await context.DocumentVersions.Where(v => versions.Contains(v.Id)).Select(v => v.Id).ToListAsync(cancellationToken);
        foreach (var version in present.Where(v => !queued.Contains(v)))
        {
            queue.Enqueue(context, JobKinds.Republish, version);
        }

        await context.SaveChangesAsync(cancellationToken);
        signal.Raise();
    }
}

using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Ingestion;

/// <summary>What became of received bytes. <c>Unchanged</c>: the same bytes were there already, nothing was queued.</summary>
public sealed record ReceivedDocument(DocumentId Document, DocumentVersionId Version, bool Unchanged);

/// <summary>Takes documents in and removes them. The caller has checked nothing: membership and role are checked here.</summary>
public sealed class DocumentIntake
{
    /// <summary>
    /// Stores the bytes encrypted and queues the work; durable when the task ends. Same name in the same matter = a new version;
    /// the old version answers until the new one is ready. Needs contributor or owner in the matter, or the platform administrator.
    /// </summary>
    public Task<Result<ReceivedDocument>> ReceiveAsync(Actor actor, MatterId matter, string fileName, Stream content, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>Removes every chunk, vector, blob, key and job of the document. On failure the document stays visible as being deleted and the removal is retried.</summary>
    public Task<Result<bool>> DeleteAsync(Actor actor, DocumentId document, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>Queues a failed version again.</summary>
    public Task<Result<bool>> RetryAsync(Actor actor, DocumentVersionId version, CancellationToken cancellationToken) => throw new NotSupportedException("stub");
}

using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index;

namespace EnterpriseRag.Ingestion.Tests.Pipeline;

/// <summary>The real index with a switchable fault in front: an index that does not answer cannot be had otherwise.</summary>
internal sealed class FaultyIndex(IPassageIndex real) : IPassageIndex
{
    /// <summary>Publishes that still succeed in the index but report a failure, as a kill right behind the index would.</summary>
    public int FailAfterPublish { get; set; }

    public bool RefuseRemoval { get; set; }

    /// <summary>Waited for inside every publication: holds a worker at its last step.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public int Publications { get; private set; }

    public IReadOnlyCollection<DocumentVersionId> Versions => real.Versions;

    public async Task PublishAsync(IndexedVersion version, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken);
        await real.PublishAsync(version, cancellationToken);
        Publications++;
        if (FailAfterPublish > 0)
        {
            FailAfterPublish--;
            throw new IOException("The process might as well have died here.");
        }
    }

    public Task RemoveAsync(DocumentId document, CancellationToken cancellationToken) =>
        RefuseRemoval ? throw new IOException("The index does not answer.") : real.RemoveAsync(document, cancellationToken);
}

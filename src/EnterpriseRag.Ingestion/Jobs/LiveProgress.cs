using System.Collections.Concurrent;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Ingestion.Jobs;

/// <summary>How far the versions in work in this process are; lost with the process, the states in Postgres are not. Thread-safe.</summary>
internal sealed class LiveProgress
{
    private readonly ConcurrentDictionary<DocumentVersionId, (int Done, int Total)> _embedding = new();

    public (int Done, int Total)? Of(DocumentVersionId version) => _embedding.TryGetValue(version, out var progress) ? progress : null;

    public void Report(DocumentVersionId version, int done, int total) => _embedding[version] = (done, total);

    public void End(DocumentVersionId version) => _embedding.TryRemove(version, out _);
}

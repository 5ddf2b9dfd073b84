using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion.Chunk;
using EnterpriseRag.Ingestion.Embed;
using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Ingestion.Publish;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Blobs;
using EnterpriseRag.Storage.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Ingestion.Jobs;

/// <summary>
/// Extract → chunk → embed → publish for one version. Nothing is stored between the stages except the state that people see: a kill repeats the whole
/// version, which is cheaper than keeping half-done work of foreign files safe. Thread-safe.
/// </summary>
internal sealed class VersionPipeline(
    IDbContextFactory<RagDbContext> contexts, BlobStore blobs, DocumentExtractor extractor, PassageTagger tagger, PassageEmbedder embedder, VersionPublisher publisher,
    LiveProgress live, IOptions<ChunkOptions> chunks, IOptions<WorkerOptions> workers, TimeProvider time, ILogger<VersionPipeline> log) : IDisposable
{
    private readonly SemaphoreSlim _embedding = new(workers.Value.ParallelEmbeddings);

    public async Task IngestAsync(JobLease lease, DocumentVersionId version, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var (document, name, blob) = await BeginAsync(version, cancellationToken);
        var extraction = await ExtractAsync(document, name, blob, cancellationToken);
        if (extraction.Text is not { } text)
        {
            var failure = extraction.Failure ?? throw new InvalidOperationException("An extraction has a text or a failure.");
            await publisher.FailAsync(lease, version, failure, extraction.MediaType, bury: false, cancellationToken);
            Log.VersionRefused(log, version, failure.Code);
            return;
        }

        var passages = Chunker.Chunk(text, chunks.Value);
        var (language, tagged) = tagger.Tag(text, passages);
        await SetStateAsync(version, VersionState.Embedding, cancellationToken);
        var indexed = await EmbedAsync(version, tagged, cancellationToken);
        await publisher.PublishAsync(lease, version, new FinishedVersion(text, extraction.MediaType, language, passages, tagged, indexed), cancellationToken);
        Log.VersionPublished(log, version, text.Pages.Count, passages.Count, time.GetElapsedTime(started));
    }

    public async Task RepublishAsync(JobLease lease, DocumentVersionId version, CancellationToken cancellationToken)
    {
        List<Storage.Chunk> stored;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            stored = await context.Chunks.AsNoTracking().Where(c => c.VersionId == version).OrderBy(c => c.Ordinal).ToListAsync(cancellationToken);
        }

        var passages = stored.ConvertAll(c => new PassageToEmbed(
            c.Ordinal, c.HeadingPath, c.Language, c.Text, [.. c.SentenceStarts.Zip(c.SentenceLengths, (s, l) => new TextRange(s, l))], c.SentenceLanguages));
        await publisher.RepublishAsync(lease, version, await EmbedAsync(version, passages, cancellationToken), cancellationToken);
    }

    public void Dispose() => _embedding.Dispose();

    private async Task<(DocumentId Document, string Name, BlobRef Blob)> BeginAsync(DocumentVersionId version, CancellationToken cancellationToken)
    {
        await SetStateAsync(version, VersionState.Extracting, cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.DocumentVersions.AsNoTracking().Where(v => v.Id == version)
            .Join(context.Documents, v => v.DocumentId, d => d.Id, (v, d) => new { v.DocumentId, d.Name, v.Sha256, v.SizeBytes })
            .SingleAsync(cancellationToken);
        return (found.DocumentId, found.Name, new BlobRef(found.Sha256, found.SizeBytes));
    }

    private async Task<Extraction> ExtractAsync(DocumentId document, string name, BlobRef blob, CancellationToken cancellationToken)
    {
        var bytes = new byte[blob.Size];
        await using (var content = await blobs.OpenReadAsync(document, blob, cancellationToken))
        {
            await content.ReadExactlyAsync(bytes, cancellationToken);
        }

        return await extractor.ExtractAsync(name, bytes, cancellationToken);
    }

    private async Task<List<Retrieval.Index.IndexedPassage>> EmbedAsync(DocumentVersionId version, IReadOnlyList<PassageToEmbed> passages, CancellationToken cancellationToken)
    {
        await _embedding.WaitAsync(cancellationToken);
        try
        {
            return await embedder.EmbedAsync(passages, (done, total) => live.Report(version, done, total), cancellationToken);
        }
        finally
        {
            _embedding.Release();
            live.End(version);
        }
    }

    // Only towards people: the job decides what happens. A version that was published or deleted meanwhile is left as it is.
    private async Task SetStateAsync(DocumentVersionId version, VersionState state, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.DocumentVersions.Where(v => v.Id == version && v.State < VersionState.Ready).ExecuteUpdateAsync(u => u.SetProperty(v => v.State, state), cancellationToken);
    }
}

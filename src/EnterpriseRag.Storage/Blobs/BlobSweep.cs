using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Keys;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Storage.Blobs;

/// <summary>
/// Removes files that no row knows: a process killed between storing bytes and committing their row leaves one, and a killed deletion leaves some.
/// Files younger than the given age stay: their row may be about to be committed. Run it at start and daily.
/// </summary>
public sealed class BlobSweep
{
    private readonly BlobFolder _folder;
    private readonly BlobStore _blobs;
    private readonly KeyBroker _keys;
    private readonly IDbContextFactory<RagDbContext> _contexts;
    private readonly TimeProvider _time;
    private readonly ILogger<BlobSweep> _log;

    public BlobSweep(IOptions<DataOptions> data, BlobStore blobs, KeyBroker keys, IDbContextFactory<RagDbContext> contexts, TimeProvider time, ILogger<BlobSweep> log)
    {
        _folder = new BlobFolder(data.Value);
        _blobs = blobs;
        _keys = keys;
        _contexts = contexts;
        _time = time;
        _log = log;
    }

    /// <returns>How many files were removed.</returns>
    public async Task<int> RunAsync(TimeSpan olderThan, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var document in _folder.Documents())
        {
            cancellationToken.ThrowIfCancellationRequested();
            removed += await SweepAsync(document, olderThan, cancellationToken);
        }

        if (removed > 0)
        {
            Log.OrphansRemoved(_log, removed);
        }

        return removed;
    }

    private async Task<int> SweepAsync(DocumentId document, TimeSpan olderThan, CancellationToken cancellationToken)
    {
        // Files first, rows second: a file whose row is committed in between is then known, not swept.
        var limit = _time.GetUtcNow() - olderThan;
        var old = new DirectoryInfo(_folder.Of(document)).GetFiles().Where(file => new DateTimeOffset(file.LastWriteTimeUtc) < limit).ToList();
        var isYoung = new DirectoryInfo(_folder.Of(document)).LastWriteTimeUtc >= limit.UtcDateTime;

        await using var context = _contexts.CreateDbContext();
        var versions = await context.DocumentVersions.Where(version => version.DocumentId == document).Select(version => new { version.Id, version.Sha256 }).ToListAsync(cancellationToken);
        if (versions.Count == 0 && !isYoung && !await context.Documents.AnyAsync(row => row.Id == document, cancellationToken))
        {
            await _blobs.DeleteAllAsync(document, cancellationToken);
            return old.Count;
        }

        // Without its key every file is unreadable and none can be known by name: the deletion was killed half way or the key database is another one.
        // That is for a person to look at, not for a sweep.
        if (await _keys.FindDocumentKeyAsync(document, cancellationToken) is not { } key)
        {
            return 0;
        }

        var known = versions.SelectMany(version => new[] { BlobStore.FileName(key, version.Sha256), DocumentTextStore.FileName(version.Id) }).ToHashSet(StringComparer.Ordinal);
        var orphans = old.Where(file => !known.Contains(file.Name)).ToList();
        foreach (var orphan in orphans)
        {
            orphan.Delete();
        }

        return orphans.Count;
    }
}

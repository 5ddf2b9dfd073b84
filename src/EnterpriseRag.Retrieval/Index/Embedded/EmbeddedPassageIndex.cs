using System.Threading.Channels;
using EnterpriseRag.Foundation;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>Another process has the index open for writing.</summary>
public sealed class IndexInUseException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The index in a folder of this machine: immutable mapped segments and a manifest. One writer loop carries out all changes in order;
/// concurrent publishers share a segment and its flushes. Searches read snapshots and never wait for the writer.
/// </summary>
internal sealed partial class EmbeddedPassageIndex : IPassageIndex, IAsyncDisposable
{
    private const string LockFileName = "write.lock";
    private const string SegmentSuffix = ".seg";
    private const int LargestBatch = 64;

    private readonly string _directory;
    private readonly DurableFiles _files;
    private readonly ILogger _logger;
    private readonly FileStream _lock;
    private readonly Channel<Change> _changes = Channel.CreateBounded<Change>(new BoundedChannelOptions(2 * LargestBatch) { SingleReader = true });
    private readonly Task _writer;
    private readonly MergePolicy _merging;

    // Written by the writer loop only (and Open, before it starts).
    private Manifest _manifest;
    private List<SegmentView> _views;

    // Swapped by the writer loop, read by searches.
    private volatile IndexSnapshot _snapshot;

    // Set once by the writer loop when disk and memory may differ; every later change is refused.
    private Exception? _broken;

    private EmbeddedPassageIndex(string directory, FileStream @lock, Manifest manifest, List<SegmentView> views, MergePolicy merging, DurableFiles files, ILogger logger)
    {
        _directory = directory;
        _lock = @lock;
        _manifest = manifest;
        _views = views;
        _merging = merging;
        _files = files;
        _logger = logger;
        _snapshot = new IndexSnapshot(manifest.Name, manifest.Dimensions, views);
        _writer = Task.Run(WriteLoopAsync);
    }

    public IReadOnlyCollection<DocumentVersionId> Versions
    {
        get
        {
            using var snapshot = Acquire();
            var versions = new HashSet<DocumentVersionId>();
            foreach (var view in snapshot.Segments)
            {
                var rows = view.Segment.Versions;
                for (var v = 0; v < rows.Length; v++)
                {
                    if (!view.Dead.Contains(v))
                    {
                        versions.Add(new DocumentVersionId(rows[v].Version));
                    }
                }
            }

            return versions;
        }
    }

    /// <summary>Living passages now.</summary>
    public int PassageCount
    {
        get
        {
            using var snapshot = Acquire();
            return snapshot.Segments.Sum(s => s.LivePassages);
        }
    }

    /// <summary>The present state; dispose it when the search ends.</summary>
    public IndexSnapshot Acquire()
    {
        while (true)
        {
            var snapshot = _snapshot;
            if (snapshot.TryAddReference())
            {
                return snapshot;
            }

            // Replaced between the two lines above: the next one is there already, unless the index is closed.
            ObjectDisposedException.ThrowIf(ReferenceEquals(snapshot, _snapshot), this);
        }
    }

    /// <summary>Durable when the task ends. A cancelled wait does not take the change back: it may still become durable.</summary>
    public async Task PublishAsync(IndexedVersion version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(version);
        FreshVersions.Check(version, _snapshot.Dimensions); // here, so that one bad version cannot fail a batch
        await EnqueueAsync(new Change(version, version.Document), cancellationToken);
    }

    public async Task RemoveAsync(DocumentId document, CancellationToken cancellationToken) =>
        await EnqueueAsync(new Change(null, document), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _changes.Writer.TryComplete();
        await _writer;
        _snapshot.Dispose();
        foreach (var view in _views)
        {
            view.Segment.Release();
        }

        await _lock.DisposeAsync();
    }

    private async Task EnqueueAsync(Change change, CancellationToken cancellationToken)
    {
        try
        {
            await _changes.Writer.WriteAsync(change, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException("The index is closed.", e);
        }

        await change.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>A publish (<c>Version</c> given) or the removal of a document, and the caller who waits for it.</summary>
    private sealed record Change(IndexedVersion? Version, DocumentId Document)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

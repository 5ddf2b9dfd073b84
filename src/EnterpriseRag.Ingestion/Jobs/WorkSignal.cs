using System.Threading.Channels;

namespace EnterpriseRag.Ingestion.Jobs;

/// <summary>Wakes waiting workers of this process when work was queued here; work queued elsewhere is found by polling. Thread-safe.</summary>
internal sealed class WorkSignal
{
    // Raised more often than waited for means nothing more: each worker looks until the queue is empty.
    private readonly Channel<bool> _raised = Channel.CreateBounded<bool>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Raise() => _raised.Writer.TryWrite(true);

    /// <summary>Returns after a signal or after <paramref name="limit"/>.</summary>
    public async Task WaitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await _raised.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // nothing was raised: time to poll
        }
    }
}

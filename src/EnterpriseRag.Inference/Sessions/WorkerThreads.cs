using System.Threading.Channels;

namespace EnterpriseRag.Inference.Sessions;

/// <summary>
/// Own threads fed by a bounded channel. Native runs take milliseconds to seconds of pure computing, so they must not sit on the thread pool, which serves requests.
/// Writers wait without a thread when the channel is full.
/// </summary>
internal sealed class WorkerThreads<T> : IDisposable
{
    private readonly Channel<T> _queue;
    private readonly Thread[] _threads;

    /// <param name="name">Name of the threads, for debuggers and dumps.</param>
    /// <param name="count">Number of threads.</param>
    /// <param name="capacity">Items that may wait. Small: what waits delays whoever comes next.</param>
    /// <param name="work">Called on thread number 0 to count - 1 with an item; must not throw.</param>
    public WorkerThreads(string name, int count, int capacity, Action<int, T> work)
    {
        _queue = Channel.CreateBounded<T>(new BoundedChannelOptions(capacity) { SingleReader = count == 1, FullMode = BoundedChannelFullMode.Wait });
        _threads = new Thread[count];
        for (int i = 0; i < count; i++)
        {
            int worker = i;
            _threads[i] = new Thread(() => Serve(worker, work)) { Name = $"{name} {worker}", IsBackground = true };
            _threads[i].Start();
        }
    }

    /// <exception cref="ChannelClosedException">Disposed.</exception>
    public ValueTask EnqueueAsync(T item, CancellationToken cancellationToken) => _queue.Writer.WriteAsync(item, cancellationToken);

    /// <summary>Takes no more items, lets the threads finish what waits, and returns when they have ended.</summary>
    public void Dispose()
    {
        _queue.Writer.TryComplete();
        Array.ForEach(_threads, t => t.Join());
    }

    private void Serve(int worker, Action<int, T> work)
    {
        // This thread has nothing else to do, so it may block on the channel; the pool is not involved.
        while (_queue.Reader.WaitToReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult())
        {
            while (_queue.Reader.TryRead(out T? item))
            {
                work(worker, item);
            }
        }
    }
}

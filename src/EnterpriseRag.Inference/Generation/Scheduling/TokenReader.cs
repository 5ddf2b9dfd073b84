using System.Threading.Channels;
using System.Threading.Tasks.Sources;

namespace EnterpriseRag.Inference.Generation.Scheduling;

/// <summary>
/// Tokens from the engine's thread to one reader. A channel of the framework allocates for each wait; here neither side does: the room is made once, and the
/// reader is woken by a work item that is this object. Continuations never run on the engine's thread.
/// </summary>
internal sealed class TokenReader(int capacity) : ChannelReader<int>, IValueTaskSource<bool>, IThreadPoolWorkItem
{
    private readonly int[] _tokens = new int[capacity];
    private int _written; // by the writer; Volatile
    private int _read; // reader only
    private bool _complete; // by the writer, after its last token; Volatile
    private Exception? _error; // before _complete
    private int _waiting; // Interlocked: 1 while the reader waits and nobody has taken on to wake it
    private ManualResetValueTaskSourceCore<bool> _wait; // the reader resets it, whoever took _waiting completes it
    private CancellationTokenRegistration _registration; // reader only
    private CancellationToken _cancellation; // reader only, while it does not wait

    public override bool CanCount => true;

    public override int Count => Volatile.Read(ref _written) - _read;

    /// <summary>Writer only; no more than the capacity.</summary>
    public void Write(int token)
    {
        _tokens[_written] = token;
        Volatile.Write(ref _written, _written + 1);
        Wake();
    }

    /// <summary>Writer only, once.</summary>
    public void Complete(Exception? error)
    {
        _error = error;
        Volatile.Write(ref _complete, true);
        Wake();
    }

    public override bool TryRead(out int item)
    {
        if (_read == Volatile.Read(ref _written))
        {
            item = 0;
            return false;
        }

        item = _tokens[_read++];
        return true;
    }

    public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
    {
        if (IsDecided(out ValueTask<bool> answer))
        {
            return answer;
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(cancellationToken);
        }

        _wait.Reset();
        _cancellation = cancellationToken;
        Interlocked.Exchange(ref _waiting, 1);
        // A token that came before _waiting was set has woken nobody.
        if (IsDecided(out answer) && Interlocked.Exchange(ref _waiting, 0) == 1)
        {
            return answer;
        }

        _registration = cancellationToken.UnsafeRegister(static reader => ((TokenReader)reader!).Wake(), this); // state is never null: passed here
        return new ValueTask<bool>(this, _wait.Version);
    }

    public ValueTaskSourceStatus GetStatus(short token) => _wait.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _wait.OnCompleted(continuation, state, token, flags);

    public bool GetResult(short token)
    {
        _registration.Dispose();
        return _wait.GetResult(token);
    }

    /// <summary>On a thread of the pool: lets the reader go on.</summary>
    public void Execute()
    {
        if (_read < Volatile.Read(ref _written))
        {
            _wait.SetResult(true);
        }
        else if (!Volatile.Read(ref _complete))
        {
            _wait.SetException(new OperationCanceledException(_cancellation));
        }
        else if (_read < Volatile.Read(ref _written))
        {
            _wait.SetResult(true); // came between the two looks
        }
        else if (_error is { } error)
        {
            _wait.SetException(error);
        }
        else
        {
            _wait.SetResult(false);
        }
    }

    private bool IsDecided(out ValueTask<bool> answer)
    {
        bool complete = Volatile.Read(ref _complete); // before the tokens: none come after it
        bool any = _read < Volatile.Read(ref _written);
        answer = any ? new ValueTask<bool>(true)
            : !complete ? default
            : _error is { } error ? ValueTask.FromException<bool>(error)
            : new ValueTask<bool>(false);
        return any || complete;
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _waiting, 0) == 1)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}

using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.KvCache;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Inference.Generation.Scheduling;

/// <summary>
/// The one thread that owns a decoder and all its runs. It goes round: admit who fits, one chunk of one prompt, one token for everybody who decodes. So a running
/// stream waits for one chunk at most, and whoever joins or leaves does so between two steps. No lock is held during a run. Owns the decoder.
/// <para>Admission, queue and shutdown are in this file, the round in GenerationEngine.Round.cs.</para>
/// </summary>
internal sealed partial class GenerationEngine : IDisposable
{
    private readonly Decoder _decoder; // engine thread only, but for its terminations
    private readonly int _vocabulary;
    private readonly HashSet<int> _stopTokens; // never changed
    private readonly EngineLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Thread _thread;

    private readonly object _gate = new(); // Monitor: the engine's thread sleeps on it
    private readonly WaitingLine _line; // under _gate
    private bool _stopping; // under _gate
    private TimeSpan _typicalDuration = TimeSpan.FromSeconds(5); // under _gate: moving average of finished requests

    /// <param name="decoder">Becomes the engine's; has <see cref="EngineLimits.Slots"/> slots.</param>
    /// <param name="vocabulary">Ids below it have text and may be chosen.</param>
    /// <param name="stopTokens">End an answer; never emitted.</param>
    /// <param name="limits">As the decoder was made for.</param>
    /// <param name="time">For durations and deadlines.</param>
    /// <param name="logger">Counts and durations, never text.</param>
    public GenerationEngine(Decoder decoder, int vocabulary, IEnumerable<int> stopTokens, EngineLimits limits, TimeProvider time, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(decoder.Cache.Slots, limits.Slots, nameof(decoder));
        _decoder = decoder;
        _vocabulary = Math.Min(vocabulary, decoder.Vocabulary);
        _stopTokens = [.. stopTokens];
        (_limits, _time, _logger) = (limits, time, logger);
        _line = new WaitingLine(limits.QueueLength);
        _prefixes = new PrefixCache(decoder.Cache);
        _table = new SlotTable(decoder.Cache, _prefixes, limits.CacheBytes / decoder.Cache.BytesPerToken);
        _stepTokens = new int[limits.Slots];
        _stepLengths = new int[limits.Slots];
        _rows = new Sequence[limits.Slots];
        _thread = new Thread(Run) { Name = "generation", IsBackground = true };
        _thread.Start();
    }

    /// <inheritdoc cref="Decoder.AddAdapter(string, LoadedAdapter)"/>
    public void AddAdapter(string name, LoadedAdapter adapter) => _decoder.AddAdapter(name, adapter);

    /// <summary>Takes the request into the queue; the answer comes through the request.</summary>
    /// <exception cref="GenerationBusyException">The queue is full.</exception>
    /// <exception cref="ArgumentException">Prompt and answer are longer than the model's context, or the adapter is not loaded.</exception>
    /// <exception cref="ObjectDisposedException">The engine is shut down.</exception>
    public void Enqueue(GenerationRequest request)
    {
        if (request.Prompt.IsEmpty || request.Prompt.Length + request.MaxTokens > _decoder.Capacity)
        {
            throw new ArgumentException($"A prompt of {request.Prompt.Length} tokens with an answer of up to {request.MaxTokens} does not fit; a sequence may have {_decoder.Capacity}.", nameof(request));
        }

        if (request.Placement.Adapter is { } adapter && !_decoder.HasAdapter(adapter))
        {
            throw new ArgumentException($"The model has no adapter '{adapter}'.", nameof(request));
        }

        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            request.EnqueuedAt = _time.GetTimestamp();
            if (!_line.TryAdd(request))
            {
                throw new GenerationBusyException(RetryAfter());
            }

            Monitor.Pulse(_gate);
        }
    }

    /// <summary>From now on no prompt begins with keys and values that were computed before. Any thread; returns at once.</summary>
    public void InvalidatePrefixes()
    {
        _prefixes.Invalidate();
        lock (_gate)
        {
            Monitor.Pulse(_gate); // an idle engine frees the memory too
        }
    }

    /// <summary>Ends the running generations and all that wait as cancelled.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _decoder.TerminateAll();
        _thread.Join();
        _prefixes.Dispose();
        _decoder.Dispose();
    }

    private void Run()
    {
        while (TakeIn())
        {
            try
            {
                Round();
            }
#pragma warning disable CA1031 // goes to those who wait; the thread serves the next requests
            catch (Exception e)
            {
                Log.GenerationFailed(_logger, e);
                foreach (Sequence sequence in Running())
                {
                    Fail(sequence, e);
                }
            }
#pragma warning restore CA1031
        }

        foreach (Sequence sequence in Running())
        {
            End(sequence, GenerationEnd.Cancelled);
        }
    }

    /// <summary>Ends who waits in vain, admits who fits, sleeps while there is nothing to do; false when the engine stops.</summary>
    private bool TakeIn()
    {
        lock (_gate)
        {
            while (true)
            {
                EndVainWaits();
                if (_stopping)
                {
                    return false;
                }

                _prefixes.DropInvalid();
                Admit();
                if (_table.Count > 0)
                {
                    return true;
                }

                Monitor.Wait(_gate);
            }
        }
    }

    private void EndVainWaits()
    {
        for (int i = _line.Count - 1; i >= 0; i--)
        {
            GenerationRequest request = _line[i];
            bool cancelled = _stopping || request.CancellationToken.IsCancellationRequested;
            if (cancelled || IsLate(request))
            {
                _line.Remove(request);
                request.Complete(new GenerationOutcome(cancelled ? GenerationEnd.Cancelled : GenerationEnd.DeadlineExceeded, 0, TimeSpan.Zero, TimeSpan.Zero)
                {
                    Waited = _time.GetElapsedTime(request.EnqueuedAt),
                });
            }
        }
    }

    private void Admit()
    {
        while (_table.Count < _limits.Sequences && _line.Peek(BatchMayStart()) is { } request)
        {
            int tokens = request.Prompt.Length + request.MaxTokens;
            if (!_table.TryMakeRoom(tokens))
            {
                return; // nobody overtakes: a long request would wait for ever
            }

            _line.Take(request);
            Begin(request, tokens);
        }
    }

    /// <summary>Batch tasks leave one slot to whoever asks in person.</summary>
    private bool BatchMayStart() => _limits.Sequences == 1 || _table.Count < _limits.Sequences - 1;

    private bool IsLate(GenerationRequest request) => request.Placement.Deadline is { } deadline && _time.GetElapsedTime(request.EnqueuedAt) > deadline;

    private TimeSpan RetryAfter()
    {
        double seconds = _typicalDuration.TotalSeconds * (_line.Count + 1) / _limits.Sequences;
        return TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(seconds), 1, 120));
    }

    private void Remember(TimeSpan duration)
    {
        lock (_gate)
        {
            _typicalDuration = (_typicalDuration * 0.9) + (duration * 0.1);
        }
    }
}

using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.KvCache;
using EnterpriseRag.Inference.Generation.Sampling;

namespace EnterpriseRag.Inference.Generation.Scheduling;

/// <content>One round of the engine's thread. Nothing here is touched by another thread.</content>
internal sealed partial class GenerationEngine
{
    private readonly SlotTable _table;
    private readonly PrefixCache _prefixes;
    private readonly Stack<Sampler> _samplers = [];
    private readonly int[] _stepTokens;
    private readonly int[] _stepLengths;
    private readonly Sequence[] _rows;
    private int _mostRunning; // written by the engine's thread; Volatile
    private long _allocatedBytes; // written by the engine's thread; Volatile
    private int _stepsTaken; // written by the engine's thread; Volatile

    /// <summary>The most requests that ever ran side by side.</summary>
    public int MostRunning => Volatile.Read(ref _mostRunning);

    /// <summary>Managed bytes that the engine's thread has allocated up to its last step.</summary>
    public long AllocatedBytes => Volatile.Read(ref _allocatedBytes);

    /// <summary>Decoding runs so far.</summary>
    public int StepsTaken => Volatile.Read(ref _stepsTaken);

    private void Begin(GenerationRequest request, int tokens)
    {
        Sampler sampler = _samplers.TryPop(out Sampler? used) ? used : new Sampler(_vocabulary);
        var sequence = new Sequence(request, sampler, tokens, _time.GetTimestamp());
        _table.Add(sequence);
        Volatile.Write(ref _mostRunning, Math.Max(_mostRunning, _table.Count));
        try
        {
            sampler.Begin(request.Sampling, request.Prompt.Span);
            if (request.Placement.CacheScope is { } scope)
            {
                BlockKey key = PrefixCache.Root(scope, request.Placement.Adapter);
                sequence.Epoch = _prefixes.Epoch;
                sequence.Length = sequence.CachedTokens = _prefixes.Restore(ref key, request.Prompt.Span, sequence.Slot);
                sequence.Key = key;
            }
        }
#pragma warning disable CA1031 // goes to the one who waits
        catch (Exception e)
        {
            Fail(sequence, e);
        }
#pragma warning restore CA1031
    }

    private void Round()
    {
        EndAbandoned();
        if (NextPrompt() is { } sequence)
        {
            ReadChunk(sequence);
        }

        DecodeAll();
    }

    private void EndAbandoned()
    {
        for (int slot = 0; slot < _limits.Slots; slot++)
        {
            // Ending a sequence moves another into its slot: look there again.
            while (_table[slot] is { } sequence && Abandoned(sequence) is { } end)
            {
                End(sequence, end);
            }
        }
    }

    private GenerationEnd? Abandoned(Sequence sequence) =>
        sequence.Request.CancellationToken.IsCancellationRequested ? GenerationEnd.Cancelled
        : IsLate(sequence.Request) ? GenerationEnd.DeadlineExceeded
        : null;

    /// <summary>The prompt that goes on: of the larger priority, then the one that began first.</summary>
    private Sequence? NextPrompt()
    {
        Sequence? next = null;
        for (int slot = _table.Decoding; slot < _limits.Slots; slot++)
        {
            if (_table[slot] is { } sequence
                && (next is null
                    || sequence.Request.Placement.Priority > next.Request.Placement.Priority
                    || (sequence.Request.Placement.Priority == next.Request.Placement.Priority && sequence.Started < next.Started)))
            {
                next = sequence;
            }
        }

        return next;
    }

    private void ReadChunk(Sequence sequence)
    {
        GenerationRequest request = sequence.Request;
        try
        {
            int count = Math.Min(Decoder.ChunkTokens, request.Prompt.Length - sequence.Length);
            ReadOnlySpan<int> chunk = request.Prompt.Span.Slice(sequence.Length, count);
            Span<float> logits;
            // Only this request's own cancellation may end this run.
            using (request.CancellationToken.UnsafeRegister(static state => ((CancelledPrompt)state!).End(), new CancelledPrompt(_decoder, request.Placement.Adapter))) // state is never null: passed here
            {
                logits = _decoder.Prefill(sequence.Slot, sequence.Length, chunk, request.Placement.Adapter);
            }

            Keep(sequence, chunk);
            sequence.Length += count;
            if (sequence.InPrompt)
            {
                return;
            }

            sequence.FirstToken = _time.GetTimestamp();
            if (Choose(sequence, logits) is { } end)
            {
                End(sequence, end);
            }
            else
            {
                _table.Join(sequence);
            }
        }
        catch (OperationCanceledException)
        {
            End(sequence, GenerationEnd.Cancelled);
        }
#pragma warning disable CA1031 // goes to the one who waits; the others are not concerned
        catch (Exception e)
        {
            Log.GenerationFailed(_logger, e);
            Fail(sequence, e);
        }
#pragma warning restore CA1031
        finally
        {
            lock (_gate)
            {
                // The registration is gone, so no termination of this request can come any more; that of a shutdown must stay.
                if (!_stopping)
                {
                    _decoder.ResetTermination(request.Placement.Adapter);
                }
            }
        }
    }

    /// <summary>A whole chunk with a scope goes to the prefix cache.</summary>
    private void Keep(Sequence sequence, ReadOnlySpan<int> chunk)
    {
        if (sequence.Key is { } key && chunk.Length == PrefixCache.BlockTokens)
        {
            sequence.Key = key.Next(chunk);
            _prefixes.Add(sequence.Key.Value, key, sequence.Slot, sequence.Length, sequence.Epoch, _table.FreeTokens);
        }
    }

    /// <summary>One token for everybody who decodes: one run an adapter.</summary>
    private void DecodeAll()
    {
        Volatile.Write(ref _allocatedBytes, GC.GetAllocatedBytesForCurrentThread());
        int count = _table.Decoding;
        for (int slot = 0; slot < count; slot++)
        {
            Sequence sequence = _rows[slot] = _table[slot]!; // decoding slots have no holes
            _stepTokens[slot] = sequence.NextToken;
            _stepLengths[slot] = sequence.Length;
        }

        // Rows keep their places until all runs are done, so a failure or an end in one group does not disturb the next.
        for (int index = 0; index < _table.Groups; index++)
        {
            (int first, int rows, string? adapter) = _table.GroupAt(index);
            DecodeGroup(first, rows, adapter);
        }

        for (int slot = 0; slot < count; slot++)
        {
            Sequence sequence = _rows[slot];
            _rows[slot] = null!; // not kept alive; read only below count
            if (sequence.Failure is { } error)
            {
                Fail(sequence, error);
            }
            else if (sequence.Ended is { } end)
            {
                End(sequence, end);
            }
        }
    }

    private void DecodeGroup(int first, int rows, string? adapter)
    {
        try
        {
            Volatile.Write(ref _stepsTaken, _stepsTaken + 1);
            _decoder.Step(first, _stepTokens.AsSpan(first, rows), _stepLengths.AsSpan(first, rows), adapter);
        }
        catch (OperationCanceledException)
        {
            foreach (Sequence sequence in _rows.AsSpan(first, rows))
            {
                sequence.Ended = GenerationEnd.Cancelled;
            }

            return;
        }
#pragma warning disable CA1031 // goes to those who wait
        catch (Exception e)
        {
            Log.GenerationFailed(_logger, e);
            foreach (Sequence sequence in _rows.AsSpan(first, rows))
            {
                sequence.Failure = e;
            }

            return;
        }
#pragma warning restore CA1031

        for (int row = 0; row < rows; row++)
        {
            Sequence sequence = _rows[first + row];
            sequence.Length++;
            try
            {
                sequence.Ended = Choose(sequence, _decoder.Logits(row));
            }
#pragma warning disable CA1031 // goes to the one whose row it is
            catch (Exception e)
            {
                Log.GenerationFailed(_logger, e);
                sequence.Failure = e;
            }
#pragma warning restore CA1031
        }
    }

    /// <summary>Chooses and hands out the next token; the end, if this was the last.</summary>
    private GenerationEnd? Choose(Sequence sequence, Span<float> logits)
    {
        int token = sequence.Sampler.Next(logits);
        sequence.NextToken = token;
        sequence.Tokens++;
        if (_stopTokens.Contains(token))
        {
            return GenerationEnd.StopToken;
        }

        sequence.Request.Emit(token);
        return sequence.Tokens == sequence.Request.MaxTokens ? GenerationEnd.Length : null;
    }

    private void End(Sequence sequence, GenerationEnd end)
    {
        Release(sequence);
        long now = _time.GetTimestamp();
        long first = sequence.FirstToken == 0 ? now : sequence.FirstToken;
        var outcome = new GenerationOutcome(end, sequence.Tokens, _time.GetElapsedTime(sequence.Started, first), _time.GetElapsedTime(first, now))
        {
            Waited = _time.GetElapsedTime(sequence.Request.EnqueuedAt, sequence.Started),
            CachedTokens = sequence.CachedTokens,
        };
        Log.Generated(_logger, sequence.Request.Prompt.Length, outcome.CachedTokens, outcome.Tokens, end, outcome.Waited.TotalMilliseconds, outcome.Prefill.TotalMilliseconds, outcome.Decode.TotalMilliseconds);
        if (end is GenerationEnd.StopToken or GenerationEnd.Length)
        {
            Remember(outcome.Prefill + outcome.Decode);
        }

        sequence.Request.Complete(outcome);
    }

    private void Fail(Sequence sequence, Exception error)
    {
        Release(sequence);
        sequence.Request.Fail(error);
    }

    private void Release(Sequence sequence)
    {
        _table.Remove(sequence);
        _samplers.Push(sequence.Sampler);
    }

    private List<Sequence> Running() => [.. Enumerable.Range(0, _limits.Slots).Select(slot => _table[slot]).OfType<Sequence>()];

    private sealed record CancelledPrompt(Decoder Decoder, string? Adapter)
    {
        public void End() => Decoder.TerminatePrefill(Adapter);
    }
}

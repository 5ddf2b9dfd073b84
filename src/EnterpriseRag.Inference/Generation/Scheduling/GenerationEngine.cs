using System.Threading.Channels;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Sessions;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Inference.Generation.Scheduling;

/// <summary>
/// The one thread that owns a decoder and all its runs; requests wait in a bounded channel and are served in order, one at a time. No lock anywhere near a
/// run. (Serving several at once is a matter of this class alone: the decoder then holds several sequences.) Owns the decoder.
/// </summary>
internal sealed class GenerationEngine : IDisposable
{
    private readonly Decoder _decoder; // engine thread only, but for Terminate
    private readonly Sampler _sampler; // engine thread only
    private readonly HashSet<int> _stopTokens; // never changed
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WorkerThreads<GenerationRequest> _thread;
    private volatile bool _stopping;

    /// <param name="decoder">Becomes the engine's.</param>
    /// <param name="vocabulary">Ids below it have text and may be chosen.</param>
    /// <param name="stopTokens">End an answer; never emitted.</param>
    /// <param name="queueLength">Requests that may wait.</param>
    /// <param name="time">For the durations of outcomes.</param>
    /// <param name="logger">Counts and durations, never text.</param>
    public GenerationEngine(Decoder decoder, int vocabulary, IEnumerable<int> stopTokens, int queueLength, TimeProvider time, ILogger logger)
    {
        _decoder = decoder;
        _sampler = new Sampler(Math.Min(vocabulary, decoder.Vocabulary));
        _stopTokens = [.. stopTokens];
        (_time, _logger) = (time, logger);
        _thread = new WorkerThreads<GenerationRequest>("generation", 1, queueLength, (_, request) => Serve(request));
    }

    /// <summary>Waits for a place in the queue; the answer then comes through the request.</summary>
    /// <exception cref="ObjectDisposedException">The engine is shut down.</exception>
    public async ValueTask EnqueueAsync(GenerationRequest request)
    {
        try
        {
            await _thread.EnqueueAsync(request, request.CancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw new ObjectDisposedException("The language model is shut down.", e);
        }
    }

    /// <summary>Ends the running generation and all that wait as cancelled.</summary>
    public void Dispose()
    {
        _stopping = true;
        _decoder.Terminate();
        _thread.Dispose();
        _decoder.Dispose();
    }

    private void Serve(GenerationRequest request)
    {
        try
        {
            using (request.CancellationToken.UnsafeRegister(static decoder => ((Decoder)decoder!).Terminate(), _decoder)) // state is never null: passed here
            {
                GenerationOutcome outcome = Generate(request);
                Log.Generated(_logger, request.Prompt.Length, outcome.Tokens, outcome.End, outcome.Prefill.TotalMilliseconds, outcome.Decode.TotalMilliseconds);
                request.Complete(outcome);
            }
        }
#pragma warning disable CA1031 // goes to the one who waits; the thread serves the next request
        catch (Exception e)
        {
            Log.GenerationFailed(_logger, e);
            request.Fail(e);
        }
#pragma warning restore CA1031

        // The registration is gone, so no termination of this request can come any more.
        _decoder.ResetTermination();
    }

    private GenerationOutcome Generate(GenerationRequest request)
    {
        long started = _time.GetTimestamp();
        long firstToken = 0;
        int tokens = 0;
        GenerationEnd end;
        try
        {
            ThrowIfEnded(request);
            _decoder.Reset();
            _sampler.Begin(request.Sampling, request.Prompt.Span);
            Span<float> logits = _decoder.Append(request.Prompt.Span);
            while (true)
            {
                int token = _sampler.Next(logits);
                tokens++;
                if (tokens == 1)
                {
                    firstToken = _time.GetTimestamp();
                }

                if (_stopTokens.Contains(token))
                {
                    end = GenerationEnd.StopToken;
                    break;
                }

                request.Emit(token);
                if (tokens == request.MaxTokens)
                {
                    end = GenerationEnd.Length;
                    break;
                }

                ThrowIfEnded(request);
                logits = _decoder.Append(new ReadOnlySpan<int>(in token));
            }
        }
        catch (OperationCanceledException)
        {
            end = GenerationEnd.Cancelled;
        }

        return firstToken == 0
            ? new GenerationOutcome(end, tokens, _time.GetElapsedTime(started), TimeSpan.Zero)
            : new GenerationOutcome(end, tokens, _time.GetElapsedTime(started, firstToken), _time.GetElapsedTime(firstToken));
    }

    private void ThrowIfEnded(GenerationRequest request)
    {
        request.CancellationToken.ThrowIfCancellationRequested();
        if (_stopping)
        {
            throw new OperationCanceledException("The language model is shutting down.");
        }
    }
}

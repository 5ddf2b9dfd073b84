using System.Threading.Channels;
using EnterpriseRag.Inference.Generation.Sampling;

namespace EnterpriseRag.Inference.Generation.Scheduling;

internal enum GenerationEnd
{
    StopToken,
    Length,
    Cancelled,
    DeadlineExceeded,
}

/// <summary>How a generation went.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="Tokens">Tokens computed, a stop token included.</param>
/// <param name="Prefill">Time from the first run to the first token; runs of others in between included.</param>
/// <param name="Decode">Time of all further tokens.</param>
internal readonly record struct GenerationOutcome(GenerationEnd End, int Tokens, TimeSpan Prefill, TimeSpan Decode)
{
    /// <summary>Time from the request to its first run.</summary>
    public TimeSpan Waited { get; init; }

    /// <summary>Tokens of the prompt whose keys and values were there already.</summary>
    public int CachedTokens { get; init; }
}

/// <summary>One answer to compute: written by the engine's thread, read by the one who waits for it.</summary>
internal sealed class GenerationRequest
{
    private readonly TokenReader _tokens;
    private readonly TaskCompletionSource<GenerationOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="prompt">Not empty; with the answer's limit no longer than the model's capacity.</param>
    /// <param name="sampling">How tokens are chosen.</param>
    /// <param name="maxTokens">At least 1.</param>
    /// <param name="cancellationToken">Ends the generation within one token, or within an operator of its own prompt.</param>
    public GenerationRequest(ReadOnlyMemory<int> prompt, SamplingSettings sampling, int maxTokens, CancellationToken cancellationToken)
    {
        (Prompt, Sampling, MaxTokens, CancellationToken) = (prompt, sampling, maxTokens, cancellationToken);
        // Room for the whole answer: a slow reader must not hold up the engine's thread, which serves others too.
        _tokens = new TokenReader(maxTokens);
    }

    public ReadOnlyMemory<int> Prompt { get; }

    public SamplingSettings Sampling { get; }

    public int MaxTokens { get; }

    /// <summary>Whose it is, how urgent, and what it may share.</summary>
    public RequestPlacement Placement { get; init; } = RequestPlacement.Default;

    public CancellationToken CancellationToken { get; }

    /// <summary>Timestamp; set when the engine takes the request.</summary>
    public long EnqueuedAt { get; set; }

    /// <summary>The answer's tokens without the stop token; ends when the generation ends, with its exception if it failed. One reader.</summary>
    public ChannelReader<int> Tokens => _tokens;

    /// <summary>Completes when the engine has left this request for good.</summary>
    public Task<GenerationOutcome> Outcome => _outcome.Task;

    public void Emit(int token) => _tokens.Write(token);

    public void Complete(GenerationOutcome outcome)
    {
        _outcome.TrySetResult(outcome);
        _tokens.Complete(null);
    }

    public void Fail(Exception error)
    {
        _outcome.TrySetException(error);
        _ = _outcome.Task.Exception; // seen: who reads the tokens gets it there
        _tokens.Complete(error);
    }
}

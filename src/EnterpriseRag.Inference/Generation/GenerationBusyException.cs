namespace EnterpriseRag.Inference.Generation;

/// <summary>As many requests wait for the model as may; nothing was computed. Ask again later (HTTP 429).</summary>
/// <param name="retryAfter">When a place will probably be free; whole seconds, at least one.</param>
public sealed class GenerationBusyException(TimeSpan retryAfter) : Exception($"The language model is busy; try again in {retryAfter.TotalSeconds:F0} s.")
{
    public TimeSpan RetryAfter { get; } = retryAfter;
}

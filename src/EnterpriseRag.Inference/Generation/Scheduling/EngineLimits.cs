namespace EnterpriseRag.Inference.Generation.Scheduling;

/// <summary>What a generation engine may take.</summary>
/// <param name="Sequences">Requests that run side by side, at least 1.</param>
/// <param name="CacheBytes">Keys and values of all running requests and of the prefix cache.</param>
/// <param name="QueueLength">Requests that may wait beyond those.</param>
internal sealed record EngineLimits(int Sequences, long CacheBytes, int QueueLength)
{
    public static EngineLimits From(GenerationOptions options) =>
        new(options.UsedConcurrency, (long)options.CacheMegabytes << 20, options.QueueLength);

    /// <summary>One more than may run: a prompt that has to make way for a sequence that decodes needs a place.</summary>
    public int Slots => Sequences + 1;
}

namespace EnterpriseRag.Inference.Native;

/// <summary>Where a model runs: the values of Inference:Runtime:Provider.</summary>
internal enum ExecutionProvider
{
    Cpu,

    /// <summary>CUDA or an error with the library's own message.</summary>
    Cuda,

    /// <summary>CUDA if its provider library loads, else the CPU with one warning.</summary>
    Auto,
}

/// <summary>How a session is created. Fixed for all: sequential, no memory patterns (they cache a plan per input shape and grow without end), no spinning between runs.</summary>
internal sealed record SessionSettings
{
    /// <summary>Threads that work on one run. The library's default would take all physical cores and pin them, so it is always set.</summary>
    public required int Threads { get; init; }

    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>
    /// Lets the threads of a run spin between its operators (never between runs). Pays for a decoder, whose step is hundreds of operators of some microseconds.
    /// </summary>
    public bool SpinDuringRuns { get; init; }

    /// <summary>Session configuration entries. The library takes unknown keys silently, so they are constants of the callers and never come from files.</summary>
    public IReadOnlyDictionary<string, string> Entries { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Operators of ours that the graph uses.</summary>
    public IReadOnlyList<CustomOperator> Operators { get; init; } = [];

    /// <summary>Leaves the library's warnings out of the log: a graph with adapter slots gets one for each of them.</summary>
    public bool ErrorsOnly { get; init; }
}

using System.ComponentModel.DataAnnotations;

namespace EnterpriseRag.Ingestion.Jobs;

/// <summary>How documents are worked on in this process.</summary>
public sealed class WorkerOptions
{
    public const string Section = "Ingestion:Workers";

    /// <summary>Documents in work at once; 0 = one for each processor and one more, since extraction waits for its child. More bring nothing: the encoder has one worker a core.</summary>
    [Range(0, 64)]
    public int Parallel { get; set; }

    /// <summary>Seconds between looks into an empty queue (work queued by this process is seen at once).</summary>
    [Range(1, 300)]
    public int PollSeconds { get; set; } = 2;

    /// <summary>Documents whose vectors are made at once: their texts and vectors are held in memory.</summary>
    [Range(1, 16)]
    public int ParallelEmbeddings { get; set; } = 2;

    internal int Workers => Parallel > 0 ? Parallel : Environment.ProcessorCount + 1;
}

using EnterpriseRag.Foundation;

namespace EnterpriseRag.Storage.Jobs;

/// <summary>A piece of work that survives the process. Finished jobs are deleted, so a row is waiting, leased or dead.</summary>
public sealed class Job
{
    public required Guid Id { get; init; }

    /// <summary>What to do; the module that enqueues it owns the name.</summary>
    public required string Kind { get; init; }

    /// <summary>The version it works on; deleting the version deletes the job.</summary>
    public DocumentVersionId? DocumentVersionId { get; init; }

    /// <summary>JSON of the kind's choosing; ids and numbers, no document text.</summary>
    public required string Payload { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Not before; moved into the future by a failed attempt.</summary>
    public required DateTimeOffset AvailableAt { get; init; }

    /// <summary>Times it was leased.</summary>
    public int Attempts { get; init; }

    /// <summary>The worker that holds it; null when nobody does.</summary>
    public string? LeaseOwner { get; init; }

    /// <summary>After this instant anybody may take it.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>Why the last attempt failed, without document text.</summary>
    public string? LastError { get; init; }

    /// <summary>Set when all attempts failed; nobody takes it any more.</summary>
    public DateTimeOffset? DeadAt { get; init; }
}

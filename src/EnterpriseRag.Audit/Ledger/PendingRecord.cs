using EnterpriseRag.Audit.Canonical;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>A shard of the log: its number in the database and its name, which every core carries.</summary>
internal sealed record LogShard(short Id, string Name);

/// <summary>Where a committed record stands.</summary>
internal readonly record struct Placement(long Seq, byte[] LeafHash);

/// <summary>A row of audit.sealed. <c>Ciphertext</c> is null where only the commitment is recorded.</summary>
internal sealed record SealedRow(string Segment, byte[] SubjectRef, Guid SubjectKey, byte[] WrappedKey, byte[] Nonce, byte[]? Ciphertext);

/// <summary>The row of audit.open_request that comes with a request leaf.</summary>
internal sealed record OpenRow(Guid EndRid, string Node, TimeSpan Lease, byte[] SubjectRef, Guid SubjectKey, byte[] WrappedKey);

/// <summary>A record on its way to the log. Everything but its sequence number and time is fixed.</summary>
internal sealed class PendingRecord(LogShard log, LeafType type, Guid rid, Guid? of, CoreTemplate core)
{
    private readonly TaskCompletionSource<Placement> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _abandoned; // set once by the caller's timeout; the writer then neither sends nor resends it

    public LogShard Log { get; } = log;

    public LeafType Type { get; } = type;

    public Guid Rid { get; } = rid;

    /// <summary>The request that it belongs to.</summary>
    public Guid? Of { get; } = of;

    public CoreTemplate Core { get; } = core;

    public IReadOnlyList<SealedRow> Sealed { get; init; } = [];

    /// <summary>Set for a request leaf.</summary>
    public OpenRow? Opens { get; init; }

    /// <summary>True for a terminal leaf: spool and open_request rows of <see cref="Of"/> go in the same transaction.</summary>
    public bool Closes => LeafTypes.IsTerminal(Type);

    public Task<Placement> Completion => _completion.Task;

    public bool IsAbandoned => _abandoned;

    /// <summary>Bytes that it adds to a batch, roughly.</summary>
    public int Weight { get; } = core.MaxLength;

    public void Abandon() => _abandoned = true;

    public void Complete(Placement placement) => _completion.TrySetResult(placement);

    public void Fail(Exception reason) => _completion.TrySetException(reason);
}

/// <summary>The request has its terminal leaf already: recovery ended it, or another call did.</summary>
internal sealed class RequestEndedException() : Exception("The request has its terminal record already.");

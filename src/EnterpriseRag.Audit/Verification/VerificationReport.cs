namespace EnterpriseRag.Audit.Verification;

/// <summary>Exit codes of <c>rag audit verify</c> (ledger.md 2.12); frozen.</summary>
public enum VerificationCode
{
    Ok = 0,
    Signature = 10,
    RootMismatch = 11,
    GapOrDuplicate = 12,
    Anchor = 13,
    NotCanonical = 14,
    CiphertextMissing = 15,
    CommitmentMismatch = 16,
    WitnessPolicy = 17,
    Usage = 20,
}

/// <summary>Something that does not hold.</summary>
/// <param name="Code">Kind.</param>
/// <param name="Log">Name of the log.</param>
/// <param name="Seq">First record concerned; null when it concerns the log as a whole.</param>
/// <param name="What">For people; no content.</param>
public sealed record VerificationFault(VerificationCode Code, string Log, long? Seq, string What);

/// <summary>One log as verified.</summary>
/// <param name="Log">Its name.</param>
/// <param name="Leaves">Records read.</param>
/// <param name="HeadSize">Records that the head claims.</param>
/// <param name="Root">Root recomputed from the records, hexadecimal.</param>
/// <param name="Segments">Sealed segments that the records name.</param>
/// <param name="Tombstones">Of these, erased ones.</param>
public sealed record VerifiedLog(string Log, long Leaves, long HeadSize, string Root, long Segments, long Tombstones);

/// <summary>Outcome of a verification.</summary>
/// <param name="Code">Of the first fault; the process's exit code.</param>
/// <param name="Logs">Oldest first.</param>
/// <param name="Faults">In order of log and number; at most <see cref="MaxFaults"/>.</param>
/// <param name="Deep">Ciphertexts were hashed too.</param>
/// <param name="Independence"><c>self-attested</c> until checkpoints are signed and witnessed: an insider who rewrites everything is not found.</param>
/// <param name="Leaves">Records read in all logs.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="LeavesPerSecond">Speed.</param>
public sealed record VerificationReport(
    VerificationCode Code,
    IReadOnlyList<VerifiedLog> Logs,
    IReadOnlyList<VerificationFault> Faults,
    bool Deep,
    string Independence,
    long Leaves,
    double Seconds,
    double LeavesPerSecond)
{
    public const int MaxFaults = 1_000;
}

using EnterpriseRag.Foundation;

namespace EnterpriseRag.Audit.Reading;

/// <summary>Which records to show; null members do not narrow.</summary>
/// <param name="Type">Name of a record type such as <c>request</c> or <c>view.open</c>.</param>
/// <param name="Pseudonym"><c>p_…</c> as it stands in records: one person in one month.</param>
/// <param name="Request">A record by its id, and everything that belongs to it.</param>
/// <param name="From">Earliest time, inclusive.</param>
/// <param name="Until">Latest time, exclusive.</param>
public sealed record LedgerFilter(string? Type = null, string? Pseudonym = null, RequestId? Request = null, DateTimeOffset? From = null, DateTimeOffset? Until = null);

/// <summary>What recomputing a record's proof gave.</summary>
public enum ProofState
{
    /// <summary>The core hashes to the stored leaf hash, and its inclusion proof leads to the head's root.</summary>
    Proven,

    /// <summary>The core does not hash to the stored leaf hash, or is not canonical: it was changed.</summary>
    Changed,

    /// <summary>The inclusion proof does not lead to the head's root: the record or the tree was changed.</summary>
    NotInTree,
}

/// <summary>One record without content.</summary>
/// <param name="Log">Name of the log.</param>
/// <param name="Seq">Number in the log, from 0 on.</param>
/// <param name="Time">Time of the commit as recorded.</param>
/// <param name="Type">Name of the type.</param>
/// <param name="Rid">The record's id; of a request record: the request's.</param>
/// <param name="Of">The request that it belongs to.</param>
/// <param name="Pseudonym">Of the actor.</param>
/// <param name="ActorKind">user, service, officer, admin or system.</param>
/// <param name="Purpose">Purpose id.</param>
/// <param name="Outcome">Outcome, reason or action, whichever the type has.</param>
/// <param name="CoreJson">The clear part, verbatim.</param>
/// <param name="LeafHash">As stored, hexadecimal.</param>
/// <param name="Proof">Recomputed now.</param>
public sealed record LedgerRecord(
    string Log,
    long Seq,
    DateTimeOffset Time,
    string Type,
    RequestId Rid,
    RequestId? Of,
    string? Pseudonym,
    string? ActorKind,
    string? Purpose,
    string? Outcome,
    string CoreJson,
    string LeafHash,
    ProofState Proof);

/// <summary>Records, newest first.</summary>
/// <param name="Records">At most as many as asked for.</param>
/// <param name="Next">Give it back for the page after; null at the end.</param>
public sealed record LedgerPage(IReadOnlyList<LedgerRecord> Records, string? Next);

/// <summary>State of one log.</summary>
/// <param name="Log">Its name.</param>
/// <param name="Records">Number of records.</param>
/// <param name="Root">Root of its tree, hexadecimal.</param>
/// <param name="Newest">Time of the newest record; null while there is none.</param>
/// <param name="HeadFits">The stored right edge of the tree gives the root. The whole is checked by <see cref="Verification.LedgerVerifier"/>.</param>
/// <param name="OpenRequests">Requests without terminal record now.</param>
public sealed record LogStatus(string Log, long Records, string Root, DateTimeOffset? Newest, bool HeadFits, long OpenRequests);

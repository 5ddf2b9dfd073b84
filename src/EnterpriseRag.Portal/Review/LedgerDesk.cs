using EnterpriseRag.Audit;
using EnterpriseRag.Audit.Reading;

namespace EnterpriseRag.Portal.Review;

/// <summary>What the whole ledger looks like now. <c>IsOpen</c>: it writes; <c>Reason</c>: why not.</summary>
public sealed record LedgerState(bool IsOpen, string? Reason, DateTimeOffset Since, bool HeadsFit, IReadOnlyList<LogStatus> Logs);

/// <summary>
/// Reading the ledger for compliance officers. Looking is itself recorded, before anything is shown: an <c>auth</c> leaf <c>audit.view</c>
/// for each page of records and each record opened.
/// </summary>
internal sealed class LedgerDesk(LedgerReader reader, AuditLedger ledger, AuditHealth health)
{
    /// <exception cref="AuditUnavailableException">The view could not be recorded; nothing was read.</exception>
    /// <exception cref="ArgumentException">A filter that the ledger does not know.</exception>
    public async Task<LedgerPage> ReadAsync(Actor officer, LedgerFilter filter, int limit, string? next, CancellationToken cancellationToken)
    {
        await ledger.AppendAuthAsync(officer, "audit.view", "success", cancellationToken);
        return await reader.ReadAsync(filter, limit, next, cancellationToken);
    }

    /// <summary>State only, no records: not recorded.</summary>
    public async Task<LedgerState> StateAsync(CancellationToken cancellationToken)
    {
        var logs = await reader.StatusAsync(cancellationToken);
        return new LedgerState(health.IsOpen, health.Reason, health.Since, logs.All(static l => l.HeadFits), logs);
    }
}

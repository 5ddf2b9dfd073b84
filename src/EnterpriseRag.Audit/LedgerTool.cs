using EnterpriseRag.Audit.Ledger;

namespace EnterpriseRag.Audit;

/// <summary>
/// Opens the ledger for one command outside the host: appends are possible, no start record is written, and open requests of a running host
/// are left alone. Several processes may write at once; they meet on the head's row.
/// </summary>
public sealed class LedgerTool
{
    private readonly StartCheck _check;
    private readonly ShardDirectory _shards;
    private readonly GroupCommitWriter _writer;

    internal LedgerTool(StartCheck check, ShardDirectory shards, GroupCommitWriter writer)
    {
        _check = check;
        _shards = shards;
        _writer = writer;
    }

    /// <summary>Call once a process, before <see cref="AuditLedger"/>.</summary>
    /// <exception cref="AuditUnavailableException">The log does not fit its head: nothing may be appended.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await _shards.CurrentAsync(cancellationToken);
        try
        {
            await _check.RunAsync(cancellationToken);
        }
        catch (LedgerBrokenException e)
        {
            throw new AuditUnavailableException(e.Message, e);
        }

        _writer.Start();
    }
}

using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Recovery;
using EnterpriseRag.Audit.Requests;

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
    private readonly TicketAuthority _tickets;
    private readonly SpoolWriter _spool;
    private readonly LeaseKeeper _leases;

    internal LedgerTool(StartCheck check, ShardDirectory shards, GroupCommitWriter writer, TicketAuthority tickets, SpoolWriter spool, LeaseKeeper leases)
    {
        _check = check;
        _shards = shards;
        _writer = writer;
        _tickets = tickets;
        _spool = spool;
        _leases = leases;
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

    /// <summary>As <see cref="OpenAsync"/>, and requests with tickets and spooled answers are possible too; their leases are renewed until the services are disposed.</summary>
    /// <exception cref="AuditUnavailableException">The log does not fit its head: nothing may be appended.</exception>
    public async Task OpenForRequestsAsync(CancellationToken cancellationToken)
    {
        await _tickets.LoadAsync(cancellationToken);
        await OpenAsync(cancellationToken);
        _spool.Start();
        await _leases.StartAsync(cancellationToken);
    }
}

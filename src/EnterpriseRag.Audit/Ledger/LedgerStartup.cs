using EnterpriseRag.Audit.Requests;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>
/// Opens the ledger when the host starts, or stops the start: keys must be there, the log must fit its head. The first record tells the hash of the effective
/// configuration. Storage has checked the server's durability settings before.
/// </summary>
internal sealed class LedgerStartup(
    StartCheck check,
    TicketAuthority tickets,
    ShardDirectory shards,
    GroupCommitWriter writer,
    SpoolWriter spool,
    AuditLedger ledger,
    EffectiveConfiguration configuration,
    AuditHealth health,
    ILogger<LedgerStartup> log) : IHostedService
{
    private static readonly Actor s_system = new(default, ActorKind.System, [], "none");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await tickets.LoadAsync(cancellationToken);
        await shards.CurrentAsync(cancellationToken);
        try
        {
            foreach (var head in await check.RunAsync(cancellationToken))
            {
                Log.VerifiedAtStart(log, head.Name, head.Size, Convert.ToHexStringLower(head.Root));
            }
        }
        catch (LedgerBrokenException e)
        {
            health.Close(e.Message, final: true);
            throw;
        }

        writer.Start();
        spool.Start();
        await ledger.AppendConfigAsync(s_system, "start", configuration.Sha256, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

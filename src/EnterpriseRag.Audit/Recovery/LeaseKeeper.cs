using System.Collections.Concurrent;
using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Audit.Recovery;

/// <summary>Renews the leases of this process's open requests, so that a long answer is not taken for an abandoned one. Time is the database's.</summary>
internal sealed class LeaseKeeper(Databases databases, NodeIdentity node, IOptions<AuditOptions> options, TimeProvider time, ILogger<LeaseKeeper> log) : BackgroundService
{
    private readonly ConcurrentDictionary<Guid, bool> _open = new();

    public void Add(Guid request) => _open[request] = true;

    public void Remove(Guid request) => _open.TryRemove(request, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Lease / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RenewAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    internal async Task RenewAsync(CancellationToken cancellationToken)
    {
        var requests = _open.Keys.ToArray();
        if (requests.Length == 0)
        {
            return;
        }

        try
        {
            await using var command = databases.AuditWriter.CreateCommand("UPDATE audit.open_request SET lease = clock_timestamp() + $1 WHERE rid = ANY ($2) AND node = $3");
            command.Parameters.Add(new() { Value = options.Value.Lease });
            command.Parameters.Add(new() { Value = requests });
            command.Parameters.Add(new() { Value = node.Process });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception e) when (Outage.IsDatabase(e))
        {
            Log.RenewalFailed(log, e);
        }
    }
}

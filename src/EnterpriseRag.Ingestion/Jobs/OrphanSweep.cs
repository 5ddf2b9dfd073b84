using EnterpriseRag.Storage.Blobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Ingestion.Jobs;

/// <summary>At start and daily: removes stored files that a process killed between file and row left behind.</summary>
internal sealed class OrphanSweep(BlobSweep sweep, TimeProvider time, ILogger<OrphanSweep> log) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromDays(1);

    // Far longer than any transaction that stores a file and then its row.
    private static readonly TimeSpan s_olderThan = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_every, time);
        do
        {
            try
            {
                await sweep.RunAsync(s_olderThan, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.SweepFailed(log, e); // orphans are unreadable to everybody and wait for the next round; the host goes on
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}

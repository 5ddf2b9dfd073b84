using System.Globalization;
using System.Text.Json;
using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Ingestion.Extract.Sandbox;
using EnterpriseRag.Ingestion.Publish;
using EnterpriseRag.Ingestion.Receive;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Ingestion.Jobs;

/// <summary>
/// Works the queue off: several documents at once, each under a lease that is renewed while the work goes on. A failure of ours is repeated with growing waits;
/// after the last attempt the version fails with a reason. A killed process is found by its leases.
/// </summary>
internal sealed class IngestionWorker(
    IDbContextFactory<RagDbContext> contexts, JobQueue queue, VersionPipeline pipeline, VersionPublisher publisher, DocumentRemoval removal, WorkSignal signal,
    ExtractionDirectory directory, SandboxProbe sandbox, IOptions<WorkerOptions> workers, IOptions<JobOptions> jobs, IOptions<DataOptions> data, TimeProvider time, ILogger<IngestionWorker> log) : BackgroundService
{
    private static readonly TimeSpan s_afterOutage = TimeSpan.FromSeconds(2);

    // The index's folder is locked by one process, so every lease of this prefix belongs to this process or to a dead one.
    private readonly string _installation = $"{Environment.MachineName}:{Path.GetFullPath(data.Value.Directory)}:";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ExtractorWorkspace.RemoveLeftovers(directory.Path);
        if (await sandbox.StatusAsync() is { NetworkIsolated: false } status)
        {
            Log.NoNetworkIsolation(log, status.NetworkDetail);
        }

        await TakeOverAsync(stoppingToken);
        await Task.WhenAll(Enumerable.Range(0, workers.Value.Workers).Select(i => RunAsync(_installation + Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + ":" + i.ToString(CultureInfo.InvariantCulture), stoppingToken)));
    }

    /// <summary>Frees what a killed predecessor had leased: its documents go on at once instead of after the lease.</summary>
    private async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var freed = await context.Database.ExecuteSqlAsync(
            $"UPDATE rag.job SET lease_owner = NULL, lease_until = NULL WHERE starts_with(lease_owner, {_installation}) AND dead_at IS NULL", cancellationToken);
        if (freed > 0)
        {
            Log.LeasesTakenOver(log, freed);
        }
    }

    private async Task RunAsync(string owner, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await queue.TakeAsync(owner, JobKinds.All, stoppingToken) is { } lease)
                {
                    await WorkAsync(lease, stoppingToken);
                }
                else
                {
                    await signal.WaitAsync(TimeSpan.FromSeconds(workers.Value.PollSeconds), time, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Postgres or the ledger is away (EF wraps that in several types), so not even the failure could be written down. The lease runs out by itself
                // and the work is taken up again; a worker that gave up here would stop the host.
                Log.QueueUnavailable(log, e);
                await Task.Delay(s_afterOutage, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WorkAsync(JobLease lease, CancellationToken stoppingToken)
    {
        using var working = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var renewing = RenewAsync(lease, working);
        try
        {
            await DoAsync(lease, working.Token);
        }
        catch (LeaseLostException)
        {
            Log.LeaseLost(log, lease.Kind, lease.Id); // deleted meanwhile, or another worker has it: nothing of ours was kept
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await GiveBackAsync(lease);
            throw;
        }
        catch (OperationCanceledException)
        {
            Log.LeaseLost(log, lease.Kind, lease.Id); // the renewal found it lost and stopped the work
        }
        catch (Exception e)
        {
            // Any failure of ours, bugs included, ends this attempt and not the worker; it is counted by the queue and shown with the version after the last one.
            Log.AttemptFailed(log, lease.Kind, lease.Id, lease.Attempt, e);
            await EndAttemptAsync(lease, e);
        }
        finally
        {
            await working.CancelAsync();
            await renewing;
        }
    }

    private async Task DoAsync(JobLease lease, CancellationToken cancellationToken)
    {
        switch (lease)
        {
            case { IsExhausted: true, Kind: not JobKinds.Remove }:
                await GiveUpAsync(lease, "The server stopped several times while reading this file. Convert the file to another format, or retry it when the server has been updated.", cancellationToken);
                break;
            case { Kind: JobKinds.Ingest, DocumentVersionId: { } version }:
                await pipeline.IngestAsync(lease, version, cancellationToken);
                break;
            case { Kind: JobKinds.Republish, DocumentVersionId: { } version }:
                await pipeline.RepublishAsync(lease, version, cancellationToken);
                break;
            case { Kind: JobKinds.Remove }:
                var payload = JsonSerializer.Deserialize(lease.Payload, JobJson.Default.RemovePayload) ?? throw new InvalidOperationException("A removal names its document.");
                await removal.RemoveAsync(new DocumentId(payload.Document), cancellationToken);
                break;
            default:
                throw new InvalidOperationException($"A job of kind {lease.Kind} must name a version.");
        }
    }

    private async Task RenewAsync(JobLease lease, CancellationTokenSource working)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Math.Max(1, jobs.Value.LeaseSeconds / 3)), time);
        try
        {
            while (await timer.WaitForNextTickAsync(working.Token))
            {
                if (!await queue.RenewAsync(lease, working.Token))
                {
                    await working.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the work is done
        }
        catch (NpgsqlException)
        {
            await working.CancelAsync(); // not renewed in time means lost; somebody else may start
        }
    }

    private async Task EndAttemptAsync(JobLease lease, Exception error)
    {
        if (lease.Kind is not JobKinds.Remove && lease.Attempt >= jobs.Value.MaxAttempts)
        {
            await GiveUpAsync(lease, "The server failed to process this file several times. Retry it; if it fails again, an administrator finds the cause in the log.", CancellationToken.None);
            return;
        }

        await using var context = await contexts.CreateDbContextAsync(CancellationToken.None);
        await using var transaction = await context.Database.BeginTransactionAsync(CancellationToken.None);
        if (lease.Kind is JobKinds.Remove)
        {
            // A deletion is owed until it is done: it never runs out of attempts.
            await context.Database.ExecuteSqlAsync(
                $"UPDATE rag.job SET lease_owner = NULL, lease_until = NULL, available_at = now() + {RemovalWait(lease.Attempt)}, last_error = {error.GetType().Name} WHERE id = {lease.Id} AND lease_owner = {lease.Owner} AND attempts = {lease.Attempt}",
                CancellationToken.None);
        }
        else
        {
            await queue.FailAsync(context, lease, error.GetType().Name, CancellationToken.None);
            if (lease is { Kind: JobKinds.Ingest, DocumentVersionId: { } version })
            {
                await context.DocumentVersions.Where(v => v.Id == version && v.State < VersionState.Ready).ExecuteUpdateAsync(u => u.SetProperty(v => v.State, VersionState.Queued), CancellationToken.None);
            }
        }

        await transaction.CommitAsync(CancellationToken.None);
    }

    private TimeSpan RemovalWait(int attempt) => TimeSpan.FromSeconds(Math.Min(jobs.Value.LongestRetrySeconds, jobs.Value.FirstRetrySeconds * Math.Pow(2, Math.Min(attempt, 16) - 1)));

    private async Task GiveUpAsync(JobLease lease, string detail, CancellationToken cancellationToken)
    {
        if (lease is { Kind: JobKinds.Ingest, DocumentVersionId: { } version })
        {
            await publisher.FailAsync(lease, version, new ExtractionFailure(FailureCodes.Internal, detail), mediaType: null, bury: true, cancellationToken);
            return;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await queue.BuryAsync(context, lease, FailureCodes.Internal, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>An orderly stop is no failed attempt: the next process takes the job up at once.</summary>
    private async Task GiveBackAsync(JobLease lease)
    {
        await using var context = await contexts.CreateDbContextAsync(CancellationToken.None);
        await context.Database.ExecuteSqlAsync(
            $"UPDATE rag.job SET lease_owner = NULL, lease_until = NULL, attempts = attempts - 1 WHERE id = {lease.Id} AND lease_owner = {lease.Owner} AND attempts = {lease.Attempt}",
            CancellationToken.None);
    }
}

using EnterpriseRag.Foundation;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Storage.Jobs;

/// <summary>
/// Durable queue in the table <c>rag.job</c>. A job is offered until somebody completes it, to one worker at a time; its effects and its end are committed in
/// one transaction, so that a killed worker loses nothing and doubles nothing. Time is the database's clock: one clock for all workers.
/// Safe for any number of workers and processes.
/// </summary>
#pragma warning disable CA1711 // it is a queue, only not an in-memory collection
#pragma warning disable CA1822 // one service for callers: which of its methods need the options is its own affair
public sealed class JobQueue(Postgres.Databases databases, IOptions<JobOptions> options, IdFactory ids, TimeProvider time, ILogger<JobQueue> log)
#pragma warning restore CA1711
{
    private readonly JobOptions _options = options.Value;

    /// <summary>Adds a job to the caller's context; it exists once the caller's changes are committed.</summary>
    /// <param name="context">Saved by the caller.</param>
    /// <param name="kind">What to do.</param>
    /// <param name="version">The version it works on; its deletion deletes the job.</param>
    /// <param name="payload">JSON of ids and numbers; no document text.</param>
    public Job Enqueue(RagDbContext context, string kind, DocumentVersionId? version, string payload = "{}")
    {
        var now = time.GetUtcNow();
        var job = new Job { Id = ids.Next(), Kind = kind, DocumentVersionId = version, Payload = payload, CreatedAt = now, AvailableAt = now };
        context.Jobs.Add(job);
        return job;
    }

    /// <summary>Leases the next job of one of the kinds, oldest first; null when there is none.</summary>
    public async Task<JobLease?> TakeAsync(string owner, IReadOnlyCollection<string> kinds, CancellationToken cancellationToken)
    {
        await using var command = databases.Rag.CreateCommand(
            """
            UPDATE rag.job SET attempts = attempts + 1, lease_owner = $1, lease_until = now() + $2
            WHERE id = (
              SELECT id FROM rag.job
              WHERE dead_at IS NULL AND available_at <= now() AND (lease_until IS NULL OR lease_until < now()) AND kind = ANY($3)
              ORDER BY available_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING id, kind, document_version_id, payload::text, attempts
            """);
        command.Parameters.Add(new() { Value = owner });
        command.Parameters.Add(new() { Value = _options.Lease });
        command.Parameters.Add(new() { Value = kinds.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var attempt = reader.GetInt32(4);
        DocumentVersionId? version = await reader.IsDBNullAsync(2, cancellationToken) ? null : new DocumentVersionId(reader.GetGuid(2));
        return new JobLease(reader.GetGuid(0), reader.GetString(1), version, reader.GetString(3), attempt, owner, attempt > _options.MaxAttempts);
    }

    /// <summary>Extends the lease by its full length from now.</summary>
    /// <returns>False when it is lost: stop working and keep nothing.</returns>
    public async Task<bool> RenewAsync(JobLease lease, CancellationToken cancellationToken)
    {
        await using var command = databases.Rag.CreateCommand("UPDATE rag.job SET lease_until = now() + $4 WHERE id = $1 AND lease_owner = $2 AND attempts = $3 AND dead_at IS NULL");
        command.Parameters.Add(new() { Value = lease.Id });
        command.Parameters.Add(new() { Value = lease.Owner });
        command.Parameters.Add(new() { Value = lease.Attempt });
        command.Parameters.Add(new() { Value = _options.Lease });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>
    /// Ends the job in the caller's transaction. Call it first in that transaction: it locks the row, so that no other worker can take the job while the effects
    /// are written.
    /// </summary>
    /// <exception cref="LeaseLostException">Roll back.</exception>
    /// <exception cref="InvalidOperationException">The context has no open transaction.</exception>
    public async Task CompleteAsync(RagDbContext context, JobLease lease, CancellationToken cancellationToken)
    {
        RequireTransaction(context);
        var deleted = await context.Database.ExecuteSqlAsync(
            $"DELETE FROM rag.job WHERE id = {lease.Id} AND lease_owner = {lease.Owner} AND attempts = {lease.Attempt} AND dead_at IS NULL",
            cancellationToken);
        ThrowIfLost(deleted, lease);
    }

    /// <summary>Ends this attempt in the caller's transaction: the job waits for the next one, or is dead after the last.</summary>
    /// <param name="context">Has an open transaction.</param>
    /// <param name="lease">The attempt.</param>
    /// <param name="error">Why, without document text.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    /// <exception cref="LeaseLostException">Roll back.</exception>
    public async Task<JobFate> FailAsync(RagDbContext context, JobLease lease, string error, CancellationToken cancellationToken)
    {
        if (lease.Attempt >= _options.MaxAttempts)
        {
            await BuryAsync(context, lease, error, cancellationToken);
            return JobFate.Dead;
        }

        RequireTransaction(context);
        var changed = await context.Database.ExecuteSqlAsync(
            $"""
            UPDATE rag.job SET available_at = now() + {_options.RetryAfter(lease.Attempt)}, lease_owner = NULL, lease_until = NULL, last_error = {error}
            WHERE id = {lease.Id} AND lease_owner = {lease.Owner} AND attempts = {lease.Attempt} AND dead_at IS NULL
            """,
            cancellationToken);
        ThrowIfLost(changed, lease);
        return JobFate.Retry;
    }

    /// <summary>Makes the job a dead letter in the caller's transaction, whatever attempts are left: for failures that a retry cannot mend.</summary>
    /// <exception cref="LeaseLostException">Roll back.</exception>
    public async Task BuryAsync(RagDbContext context, JobLease lease, string error, CancellationToken cancellationToken)
    {
        RequireTransaction(context);
        var changed = await context.Database.ExecuteSqlAsync(
            $"""
            UPDATE rag.job SET dead_at = now(), lease_owner = NULL, lease_until = NULL, last_error = {error}
            WHERE id = {lease.Id} AND lease_owner = {lease.Owner} AND attempts = {lease.Attempt} AND dead_at IS NULL
            """,
            cancellationToken);
        ThrowIfLost(changed, lease);
        Log.JobDead(log, lease.Kind, lease.Id, lease.Attempt);
    }

    /// <summary>Offers the dead jobs of a version again with all attempts, in the caller's context (retry by a person).</summary>
    /// <returns>How many there were.</returns>
    public Task<int> ReviveAsync(RagDbContext context, DocumentVersionId version, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync($"UPDATE rag.job SET dead_at = NULL, attempts = 0, available_at = now() WHERE document_version_id = {version.Value} AND dead_at IS NOT NULL", cancellationToken);

    public async Task<QueueDepth> DepthAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.Rag.CreateCommand(
            """
            SELECT count(*) FILTER (WHERE dead_at IS NULL AND (lease_until IS NULL OR lease_until < now()))::int,
                   count(*) FILTER (WHERE dead_at IS NULL AND lease_until >= now())::int,
                   count(*) FILTER (WHERE dead_at IS NOT NULL)::int,
                   coalesce(now() - min(available_at) FILTER (WHERE dead_at IS NULL AND available_at <= now() AND (lease_until IS NULL OR lease_until < now())), interval '0')
            FROM rag.job
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new QueueDepth(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetTimeSpan(3));
    }

    /// <summary>Without a transaction the end of the job and its effects could come apart.</summary>
    private static void RequireTransaction(RagDbContext context)
    {
        if (context.Database.CurrentTransaction is null)
        {
            throw new InvalidOperationException("Begin a transaction on the context first: the job's end belongs to its effects.");
        }
    }

    private static void ThrowIfLost(int rows, JobLease lease)
    {
        if (rows != 1)
        {
            throw new LeaseLostException(lease.Id);
        }
    }
}

using EnterpriseRag.Foundation;

namespace EnterpriseRag.Storage.Jobs;

/// <summary>The right to work on a job until the lease runs out. <c>Attempt</c> counts from 1 and tells this lease from every other of the same job.</summary>
/// <param name="Id">The job.</param>
/// <param name="Kind">As enqueued.</param>
/// <param name="DocumentVersionId">As enqueued.</param>
/// <param name="Payload">JSON, as enqueued.</param>
/// <param name="Attempt">How many leases there were, this one included.</param>
/// <param name="Owner">The worker's name.</param>
/// <param name="IsExhausted">
/// All attempts were used up by workers that died: do not work on it again (it may be what killed them). Write down the failure and call
/// <see cref="JobQueue.BuryAsync"/>.
/// </param>
public sealed record JobLease(Guid Id, string Kind, DocumentVersionId? DocumentVersionId, string Payload, int Attempt, string Owner, bool IsExhausted);

/// <summary>What became of a job whose attempt failed.</summary>
public enum JobFate
{
    /// <summary>It will be offered again after a wait.</summary>
    Retry = 0,

    /// <summary>That was the last attempt.</summary>
    Dead = 1,
}

/// <summary>Numbers for health and metrics.</summary>
/// <param name="Waiting">Free to be taken now or later.</param>
/// <param name="Leased">In work.</param>
/// <param name="Dead">Given up.</param>
/// <param name="OldestWaiting">Age of the oldest job that could be taken now; zero when there is none.</param>
public sealed record QueueDepth(int Waiting, int Leased, int Dead, TimeSpan OldestWaiting);

/// <summary>The lease ran out and another worker has the job, or the job is gone with its document. Roll back: nothing of this attempt may be kept.</summary>
public sealed class LeaseLostException(Guid job) : Exception($"The lease of job {job} is lost.");

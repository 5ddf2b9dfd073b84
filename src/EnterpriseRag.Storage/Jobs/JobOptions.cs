using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Storage.Jobs;

/// <summary>How jobs are leased and retried.</summary>
public sealed class JobOptions
{
    public const string Section = "Jobs";

    /// <summary>A worker that has not renewed for so long counts as dead. Renew at a third of it.</summary>
    [Range(1, 3600, ErrorMessage = "Jobs:LeaseSeconds must be 1 to 3600.")]
    public int LeaseSeconds { get; set; } = 60;

    /// <summary>Attempts before a job is dead; a worker killed in the middle counts as one.</summary>
    [Range(1, 100, ErrorMessage = "Jobs:MaxAttempts must be 1 to 100.")]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Wait after the first failure; doubles with each further one.</summary>
    [Range(1, 3600, ErrorMessage = "Jobs:FirstRetrySeconds must be 1 to 3600.")]
    public int FirstRetrySeconds { get; set; } = 2;

    [Range(1, 86_400, ErrorMessage = "Jobs:LongestRetrySeconds must be 1 to 86400.")]
    public int LongestRetrySeconds { get; set; } = 600;

    internal TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);

    internal TimeSpan RetryAfter(int attempt) =>
        TimeSpan.FromSeconds(Math.Min(LongestRetrySeconds, FirstRetrySeconds * Math.Pow(2, attempt - 1)));
}

[OptionsValidator]
internal sealed partial class JobOptionsValidator : IValidateOptions<JobOptions>;

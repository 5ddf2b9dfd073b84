using EnterpriseRag.Foundation;
using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Ingestion;

/// <summary>Event ids 2000 to 2999. Ids, counts, durations and codes; never names or text of documents.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information, "Version {Version} is ready: {Pages} pages, {Chunks} chunks in {Duration}")]
    public static partial void VersionPublished(ILogger logger, DocumentVersionId version, int pages, int chunks, TimeSpan duration);

    [LoggerMessage(2001, LogLevel.Information, "Version {Version} was refused: {Code}")]
    public static partial void VersionRefused(ILogger logger, DocumentVersionId version, string code);

    [LoggerMessage(2002, LogLevel.Warning, "Attempt {Attempt} of {Kind} job {Job} failed")]
    public static partial void AttemptFailed(ILogger logger, string kind, Guid job, int attempt, Exception exception);

    [LoggerMessage(2003, LogLevel.Information, "The lease of {Kind} job {Job} is lost; nothing of this attempt was kept")]
    public static partial void LeaseLost(ILogger logger, string kind, Guid job);

    [LoggerMessage(2004, LogLevel.Information, "Took over {Jobs} jobs of a process that ended without finishing them")]
    public static partial void LeasesTakenOver(ILogger logger, int jobs);

    [LoggerMessage(2005, LogLevel.Warning, "The job queue is not reachable")]
    public static partial void QueueUnavailable(ILogger logger, Exception exception);

    [LoggerMessage(2006, LogLevel.Warning, "The deletion of document {Document} is pending and will be repeated")]
    public static partial void RemovalPending(ILogger logger, DocumentId document, Exception exception);

    [LoggerMessage(2007, LogLevel.Warning, "Extraction runs without network isolation: {Detail}")]
    public static partial void NoNetworkIsolation(ILogger logger, string detail);

    [LoggerMessage(2008, LogLevel.Warning, "The sweep of stored files failed and is repeated tomorrow")]
    public static partial void SweepFailed(ILogger logger, Exception exception);
}

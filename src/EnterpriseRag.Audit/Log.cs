using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Audit;

internal static partial class Log
{
    [LoggerMessage(6000, LogLevel.Error, "The ledger is closed: {Reason}")]
    public static partial void Closed(ILogger logger, string reason, Exception? exception);

    [LoggerMessage(6001, LogLevel.Information, "The ledger is open")]
    public static partial void Opened(ILogger logger);

    [LoggerMessage(6002, LogLevel.Warning, "A batch of {Records} records was not acknowledged; looking up which of them are stored")]
    public static partial void BatchUncertain(ILogger logger, int records, Exception exception);

    [LoggerMessage(6003, LogLevel.Warning, "A batch of {Records} records breaks a rule of the database ({SqlState}); separating the record at fault")]
    public static partial void BatchRefused(ILogger logger, int records, string sqlState);

    [LoggerMessage(6004, LogLevel.Information, "Log {Log} verified at start: {Size} records, root {Root}")]
    public static partial void VerifiedAtStart(ILogger logger, string log, long size, string root);

    [LoggerMessage(6005, LogLevel.Warning, "Request {Request} was ended without a terminal record; recovery will append its abort when the lease is over")]
    public static partial void AbortFailed(ILogger logger, Guid request, Exception exception);

    [LoggerMessage(6006, LogLevel.Warning, "Ended request {Request}, which its node left open ({Groups} spool rows)")]
    public static partial void Recovered(ILogger logger, Guid request, int groups);

    [LoggerMessage(6007, LogLevel.Warning, "Recovery of open requests failed; it is tried again")]
    public static partial void RecoveryFailed(ILogger logger, Exception exception);

    [LoggerMessage(6008, LogLevel.Error, "{Rows} spool rows older than ten minutes belong to no open request")]
    public static partial void OrphanSpool(ILogger logger, long rows);

    [LoggerMessage(6009, LogLevel.Warning, "Lease renewal failed; it is tried again")]
    public static partial void RenewalFailed(ILogger logger, Exception exception);

    [LoggerMessage(6010, LogLevel.Warning, "The system clock is {Milliseconds} ms behind the newest record of log {Log}")]
    public static partial void ClockBehind(ILogger logger, long milliseconds, string log);

    [LoggerMessage(6011, LogLevel.Error, "The spool of request {Request} cannot be read; its abort is recorded without content")]
    public static partial void SpoolUnreadable(ILogger logger, Guid request, Exception exception);

    [LoggerMessage(6012, LogLevel.Warning, "A reason that is no code was recorded as 'other'")]
    public static partial void ReasonReplaced(ILogger logger);
}

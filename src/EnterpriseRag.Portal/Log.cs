namespace EnterpriseRag.Portal;

/// <summary>Log lines of the portal (8000 to 8999). Ids, counts, durations; never questions, answers, names of people or files.</summary>
internal static partial class Log
{
    [LoggerMessage(8000, LogLevel.Information, "{Method} {Route} {Status} in {ElapsedMs:F1} ms")]
    public static partial void Request(ILogger logger, string method, string route, int status, double elapsedMs);

    [LoggerMessage(8001, LogLevel.Error, "The audit ledger cannot write; the request was refused")]
    public static partial void AuditUnavailable(ILogger logger, Exception exception);

    [LoggerMessage(8002, LogLevel.Information, "Listening on {Url}")]
    public static partial void Listening(ILogger logger, string url);

    [LoggerMessage(8003, LogLevel.Information, "Seed applied: {Accounts} accounts and {Matters} matters were missing and now exist")]
    public static partial void Seeded(ILogger logger, int accounts, int matters);

    [LoggerMessage(8004, LogLevel.Error, "An answer stream broke")]
    public static partial void AnswerBroke(ILogger logger, Exception exception);

    [LoggerMessage(8005, LogLevel.Information, "First run: the administrator account was created; its password stands on the console once")]
    public static partial void FirstRun(ILogger logger);

    [LoggerMessage(8006, LogLevel.Critical, "The host does not start: {Reason}")]
    public static partial void StartRefused(ILogger logger, string reason);

    [LoggerMessage(8007, LogLevel.Warning, "Readiness: {Part} does not answer")]
    public static partial void PartUnready(ILogger logger, string part, Exception exception);

    [LoggerMessage(8008, LogLevel.Error, "A request broke")]
    public static partial void RequestBroke(ILogger logger, Exception exception);

    [LoggerMessage(8009, LogLevel.Error, "A request was refused: {Kind}")]
    public static partial void Outage(ILogger logger, EnterpriseRag.Foundation.FailureKind kind, Exception exception);
}

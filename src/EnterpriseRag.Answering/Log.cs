using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Answering;

internal static partial class Log
{
    [LoggerMessage(5001, LogLevel.Error, "The audit ledger is closed: the request was refused before retrieval")]
    public static partial void LedgerClosed(ILogger logger, Exception exception);

    [LoggerMessage(5002, LogLevel.Error, "The audit ledger was lost during answer {Request}: the rest is withheld")]
    public static partial void LedgerLost(ILogger logger, Guid request, Exception exception);

    [LoggerMessage(5003, LogLevel.Information, "The reader of answer {Request} left")]
    public static partial void ReaderLeft(ILogger logger, Guid request);

    [LoggerMessage(5004, LogLevel.Error, "Answer {Request} failed")]
    public static partial void AnswerFailed(ILogger logger, Guid request, Exception exception);

    [LoggerMessage(5005, LogLevel.Error, "The remote model server gave no usable answer")]
    public static partial void RemoteFailed(ILogger logger, Exception exception);
}

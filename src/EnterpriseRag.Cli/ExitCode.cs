namespace EnterpriseRag.Cli;

/// <summary>Exit codes of <c>rag</c>; docs/user/cli.md lists them. Frozen: scripts depend on them. 10 to 17 are those of <c>audit verify</c>.</summary>
internal enum ExitCode
{
    Success = 0,

    /// <summary>A bug or a broken environment; the message says what is known.</summary>
    Unexpected = 1,

    /// <summary>The input is refused; the message says why and what to do.</summary>
    Refused = 2,

    /// <summary>The server, the database or the ledger does not answer; try again.</summary>
    Unavailable = 3,

    /// <summary>No or no valid token, or the right is lacking.</summary>
    NotPermitted = 4,

    /// <summary>Not there, or not readable by the caller.</summary>
    NotFound = 5,

    /// <summary>Some of it worked: files failed, a check found something.</summary>
    Incomplete = 6,

    /// <summary>The ledger stopped writing during the answer: what was shown is void.</summary>
    AnswerVoid = 7,

    Usage = 20,
    Cancelled = 130,
}

/// <summary>Ends a command with its code and a message for people.</summary>
internal sealed class CommandFailedException(ExitCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    public ExitCode Code { get; } = code;
}

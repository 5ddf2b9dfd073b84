namespace EnterpriseRag.Cli.Server;

// The parts of the REST API that the command line reads; docs/user/api.md describes them. Unknown members are ignored, so that a newer host can be used.

internal sealed record MatterItem(Guid Id, string Name, bool MayHandIn);

internal sealed record UploadedFile(string Name, Guid? Document, Guid? Version, bool Unchanged, string? Error);

internal sealed record DocumentFailure(string Code, string Detail);

internal sealed record DocumentItem(Guid Id, Guid Version, Guid Matter, string Name, string State, DocumentFailure? Failure, int Pages, int Passages)
{
    public bool IsSettled => State is "ready" or "failed" or "superseded" or "deleting";
}

internal sealed record ReceiptItem(Guid Request, long Seq, string LeafHash);

internal sealed record QuotationItem(
    int Number, Guid Document, Guid Version, string DocumentName, int Page, int Start, int Length, IReadOnlyList<string> HeadingPath, string Quote, string Passage, int Ordinal, bool LooksLikeInstruction);

internal sealed record StartedEvent(Guid Request, string Language);

internal sealed record QuotationsEvent(string Heading, IReadOnlyList<QuotationItem> Quotations);

internal sealed record DeclinedEvent(string Wording, IReadOnlyList<QuotationItem> Nearest);

internal sealed record SentenceEvent(int Index, string Text, string State, IReadOnlyList<int> Citations);

internal sealed record FinalEvent(string Outcome, ReceiptItem Receipt, string Generated, int OutputTokens, double TokensPerSecond);

internal sealed record AuditAbortEvent(string Message);

internal sealed record ErrorEvent(string Code, string? Trace);

internal sealed record FoundPassage(
    int Rank, Guid Document, Guid Version, string DocumentName, Guid Matter, int Page, int Start, int Length, IReadOnlyList<string> HeadingPath, string Language, string Text, double Score);

internal sealed record SearchAnswer(string Language, IReadOnlyList<FoundPassage> Passages, ReceiptItem Receipt);

/// <summary>RFC 9457.</summary>
internal sealed record ProblemItem(string? Type, string? Title, string? Detail, int? Status);

namespace EnterpriseRag.Ingestion.Extract;

/// <summary>Stable codes of <see cref="ExtractionFailure"/>; the portal localises by code, so a code never changes its meaning.</summary>
public static class FailureCodes
{
    public const string Encrypted = "encrypted";
    public const string Empty = "empty";
    public const string Truncated = "truncated";
    public const string WrongType = "wrong-type";
    public const string Unsupported = "unsupported";
    public const string TooLarge = "too-large";
    public const string TooManyPages = "too-many-pages";
    public const string TooComplex = "too-complex";
    public const string NoText = "no-text";
    public const string NeedsOcr = "needs-ocr";
    public const string Timeout = "timeout";
    public const string OutOfMemory = "out-of-memory";
    public const string ExtractorMissing = "extractor-missing";
    public const string Damaged = "damaged";

    /// <summary>Not the file's fault: the last attempt of the job failed on our side.</summary>
    public const string Internal = "internal";
}

/// <summary>Why a file gave no text, and what to do. <c>Detail</c> is English, shown to people, and carries no document text and no file name.</summary>
public sealed record ExtractionFailure(string Code, string Detail)
{
    /// <summary>The form kept in <c>DocumentVersion.FailureReason</c>: <c>code: detail</c>.</summary>
    public override string ToString() => $"{Code}: {Detail}";

    /// <summary>Reads the stored form back; a text without a known form becomes <see cref="FailureCodes.Internal"/>.</summary>
    public static ExtractionFailure Parse(string stored)
    {
        var colon = stored.IndexOf(": ", StringComparison.Ordinal);
        return colon > 0 && stored.AsSpan(0, colon).IndexOfAnyExceptInRange('-', 'z') < 0
            ? new ExtractionFailure(stored[..colon], stored[(colon + 2)..])
            : new ExtractionFailure(FailureCodes.Internal, stored);
    }
}

/// <summary>
/// Carries a refusal out of nested parsers to <see cref="DocumentExtractor"/>, the only place that catches it and turns it into a value:
/// readers of foreign bytes refuse from deep inside callbacks, where a result type would have to be threaded through other people's code.
/// </summary>
internal sealed class ExtractionRefusedException(ExtractionFailure failure, Exception? inner = null) : Exception(failure.ToString(), inner)
{
    public ExtractionRefusedException(string code, string detail, Exception? inner = null)
        : this(new ExtractionFailure(code, detail), inner)
    {
    }

    public ExtractionFailure Failure { get; } = failure;
}

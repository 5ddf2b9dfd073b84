using System.Buffers;

namespace EnterpriseRag.Audit;

/// <summary>
/// The closed lists of ledger.md 2.6 and 2.10. A matter is checked against them when it is made, and every record again: an unknown
/// value is refused, because a purpose or a period that nobody defined cannot be answered for later.
/// </summary>
public static class AuditVocabulary
{
    /// <summary>GDPR Art. 6(1) a to f. <c>art88+agreement</c> joins when works agreements can be recorded: it needs the agreement's id.</summary>
    public static IReadOnlySet<string> LegalBases { get; } =
        new HashSet<string>(StringComparer.Ordinal) { "art6-1-a", "art6-1-b", "art6-1-c", "art6-1-d", "art6-1-e", "art6-1-f" };

    /// <summary>Shipped retention classes; all are at version 1.</summary>
    public static IReadOnlySet<string> RetentionClasses { get; } =
        new HashSet<string>(StringComparer.Ordinal) { "sec-90d", "ai-6m", "std-12m", "hgb-6y", "hgb-8y", "hgb-10y", "case" };

    private static readonly SearchValues<char> s_codeCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:@/-");

    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>What is wrong with the "why" of a matter or record; null when nothing is.</summary>
    public static string? Fault(ProcessingContext why) =>
        !Each(why.Purpose, IsCode) ? "The purpose must be an id of at most 64 letters, digits and . _ : / - (for example P-007)."
        : !Each(why.LegalBasis, LegalBases.Contains) ? $"The legal basis '{why.LegalBasis}' is unknown. Known: {string.Join(", ", LegalBases.Order(StringComparer.Ordinal))}."
        : RetentionCode(why.RetentionClass) is null ? $"The retention class '{why.RetentionClass}' is unknown. Known: {string.Join(", ", RetentionClasses.Order(StringComparer.Ordinal))}."
        : !Enum.IsDefined(why.Level) ? "The recording level is unknown. Known: content, hash, metadata."
        : null;

    // A request over several matters names the purposes and bases of all of them, joined with "+".
    private static bool Each(string? joined, Predicate<string> isKnown) => joined is not null && Array.TrueForAll(joined.Split('+'), isKnown);

    /// <summary><c>class@version</c>, or null when the class is unknown.</summary>
    internal static string? RetentionCode(string retentionClass)
    {
        var name = retentionClass.EndsWith("@1", StringComparison.Ordinal) ? retentionClass[..^2] : retentionClass;
        return RetentionClasses.Contains(name) ? name + "@1" : null;
    }

    /// <summary>An id or code: what may stand in the clear part of a record, where free text may not.</summary>
    internal static bool IsCode(string? text) => text is { Length: > 0 and <= 64 } && !text.AsSpan().ContainsAnyExcept(s_codeCharacters) && !text.Contains('@', StringComparison.Ordinal);

    /// <summary>As <see cref="IsCode"/>, with the <c>name@version</c> of models, templates and indexes.</summary>
    internal static bool IsVersionedCode(string? text) => text is { Length: > 0 and <= 128 } && !text.AsSpan().ContainsAnyExcept(s_codeCharacters);

    internal static bool IsSha256(string? text) => text is { Length: 64 } && !text.AsSpan().ContainsAnyExcept(s_hexadecimal);

    internal static string Code(RecordingLevelCode level) => level switch
    {
        RecordingLevelCode.Content => "content",
        RecordingLevelCode.Hash => "hash",
        RecordingLevelCode.Metadata => "metadata",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "Unknown recording level."),
    };

    internal static string Code(ActorKind kind) => kind switch
    {
        ActorKind.User => "user",
        ActorKind.Service => "service",
        ActorKind.Officer => "officer",
        ActorKind.Administrator => "admin",
        ActorKind.System => "system",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of actor."),
    };

    internal static string Code(FinishReason finish) => finish switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        FinishReason.Abort => "abort",
        FinishReason.Blocked => "blocked",
        _ => throw new ArgumentOutOfRangeException(nameof(finish), finish, "Unknown end."),
    };
}

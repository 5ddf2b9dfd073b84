using System.ComponentModel.DataAnnotations;
using EnterpriseRag.Audit;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Answering.Direct;

/// <summary>
/// Why and how calls without a matter are recorded (/v1): purpose, legal basis, retention and level come from a matter elsewhere and have to be decided here
/// for the whole installation. Part of the effective configuration that the ledger records.
/// </summary>
public sealed class DirectOptions
{
    public const string Section = "Answering:Direct";

    /// <summary>Id of the purpose in the record of processing.</summary>
    public string Purpose { get; set; } = "direct-use";

    /// <summary>art6-1-a to art6-1-f.</summary>
    public string LegalBasis { get; set; } = "art6-1-f";

    /// <summary>A shipped retention class.</summary>
    public string RetentionClass { get; set; } = "std-12m";

    /// <summary>content, hash or metadata: what the ledger keeps of prompts and answers.</summary>
    public RecordingLevelCode RecordingLevel { get; set; } = RecordingLevelCode.Content;

    /// <summary>Texts in one embedding request.</summary>
    [Range(1, 2048, ErrorMessage = "Answering:Direct:MaxTexts must lie between 1 and 2048.")]
    public int MaxTexts { get; set; } = 256;

    internal ProcessingContext Why => new(Purpose, LegalBasis, RetentionClass, RecordingLevel, Privileged: false);
}

internal sealed class DirectOptionsValidator : IValidateOptions<DirectOptions>
{
    public ValidateOptionsResult Validate(string? name, DirectOptions options) =>
        AuditVocabulary.Fault(options.Why) is { } fault ? ValidateOptionsResult.Fail($"{DirectOptions.Section}: {fault}") : ValidateOptionsResult.Success;
}

using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Audit;

/// <summary>Names and time limits of the ledger. There is no switch that turns it off.</summary>
public sealed class AuditOptions
{
    public const string Section = "Audit";
    private const string NamePattern = "^[a-z0-9][a-z0-9._-]{0,62}$";

    /// <summary>Name of the controller's log; the quarter is added (<c>origin/2026q4</c>). It is in every record and cannot be changed later.</summary>
    [Required, RegularExpression("^[a-z0-9][a-z0-9./_-]{0,150}$", ErrorMessage = "Audit:Origin must be lower-case letters, digits, '.', '/', '_' and '-' (at most 151).")]
    public string Origin { get; set; } = "rag.local/audit";

    /// <summary>Name of the controller within the installation; part of the key context.</summary>
    [Required, RegularExpression(NamePattern, ErrorMessage = "Audit:Tenant must be lower-case letters, digits, '.', '_' and '-' (at most 63).")]
    public string Tenant { get; set; } = "default";

    /// <summary>Name of this node in the records. Opaque on purpose: a host name may name a person.</summary>
    [Required, RegularExpression(NamePattern, ErrorMessage = "Audit:Node must be lower-case letters, digits, '.', '_' and '-' (at most 63).")]
    public string Node { get; set; } = "node-1";

    /// <summary>After this time without a commit an append fails (ledger.md 2.8: two seconds).</summary>
    [Range(100, 10_000, ErrorMessage = "Audit:AppendTimeoutMs must be 100 to 10000.")]
    public int AppendTimeoutMs { get; set; } = 2_000;

    /// <summary>An open request whose node has not renewed it for this long is ended by any node.</summary>
    [Range(2, 600, ErrorMessage = "Audit:LeaseSeconds must be 2 to 600.")]
    public int LeaseSeconds { get; set; } = 30;

    [Range(1, 600, ErrorMessage = "Audit:TicketSeconds must be 1 to 600.")]
    public int TicketSeconds { get; set; } = 60;

    /// <summary>Records that may wait for the writer; beyond it appends fail at once.</summary>
    [Range(16, 1_000_000, ErrorMessage = "Audit:QueueCapacity must be 16 to 1000000.")]
    public int QueueCapacity { get; set; } = 8_192;

    /// <summary>Purpose (Art. 30 id) of records about the operation itself: sign-ins, configuration, genesis.</summary>
    [Required]
    public string OperationPurpose { get; set; } = "audit-operation";

    [Required]
    public string OperationLegalBasis { get; set; } = "art6-1-f";

    [Required]
    public string OperationRetentionClass { get; set; } = "sec-90d";

    internal TimeSpan AppendTimeout => TimeSpan.FromMilliseconds(AppendTimeoutMs);

    internal TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);
}

[OptionsValidator]
internal sealed partial class AuditOptionsValidator : IValidateOptions<AuditOptions>;

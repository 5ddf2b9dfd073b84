using System.Globalization;
using System.Reflection;
using EnterpriseRag.Audit.Canonical;
using EnterpriseRag.Audit.Subjects;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>What a record says about who and why, as it stands in the core.</summary>
internal sealed record CoreContext(CoreObject Actor, string Purpose, string Basis, string Retention, string Level, bool Privileged);

/// <summary>
/// Builds the clear part of each record with the fields of ledger.md 2.6. Fields without a source yet are left out (docs/design/ledger.md lists them).
/// Every text that comes from a caller is checked to be an id or code: free text never reaches the clear part.
/// </summary>
internal sealed class CoreFactory(IOptions<AuditOptions> options, EffectiveConfiguration configuration, TimeProvider time)
{
    private const string Format = "ragaudit/1";
    private static readonly string s_version = SoftwareVersion();
    private static readonly string s_boot = BootId();
    private readonly AuditOptions _options = options.Value;

    public ProcessingContext Operation => new(_options.OperationPurpose, _options.OperationLegalBasis, _options.OperationRetentionClass, RecordingLevelCode.Metadata, false);

    /// <exception cref="ArgumentException">A mandatory field is missing or its value unknown.</exception>
    public static CoreContext Context(Actor actor, Pseudonym pseudonym, ProcessingContext why)
    {
        if (AuditVocabulary.Fault(why) is { } fault)
        {
            throw new ArgumentException(fault, nameof(why));
        }

        var roles = new CoreArray();
        foreach (var role in actor.Roles)
        {
            roles.Add(Code(role, "role"));
        }

        var who = new CoreObject()
            .Add("p", pseudonym.Text)
            .Add("kind", AuditVocabulary.Code(actor.Kind))
            .Add("roles", roles)
            .Add("authn", Code(actor.Authentication, "way of authentication"));
        // Checked by Fault; the class carries its version.
        return new CoreContext(who, why.Purpose, why.LegalBasis, AuditVocabulary.RetentionCode(why.RetentionClass) ?? why.RetentionClass, AuditVocabulary.Code(why.Level), why.Privileged);
    }

    public CoreObject Frame(LogShard log, LeafType type, Guid rid, Guid? of, CoreContext? context)
    {
        var core = new CoreObject()
            .Add("v", Format)
            .Add("log", log.Name)
            .Add("rid", Text(rid))
            .Add("type", LeafTypes.Name(type))
            .Add("mono", (long)time.GetElapsedTime(0).TotalMicroseconds)
            .Add("boot", s_boot)
            .Add("node", _options.Node)
            .Add("sw", s_version)
            .Add("cfg", configuration.Sha256)
            .Add("tenant", _options.Tenant);
        if (of is { } request)
        {
            core.Add("of", Text(request));
        }

        return context is null ? core : AddContext(core, context);
    }

    public CoreTemplate Genesis(LogShard log, Guid rid, (string Name, long Size, byte[] Root)? previous)
    {
        var core = Operational(log, LeafType.Genesis, rid)
            .Add("profile", "ragaudit-jcs/1")
            .Add("tree", "rfc6962-sha256")
            .Add("seal", "A256GCM-C1");
        if (previous is { } shard)
        {
            // The signed checkpoint of the previous shard takes this place when checkpoints are signed.
            core.Add("prev", new CoreObject().Add("log", shard.Name).Add("size", shard.Size).Add("root", CanonicalText.Binary(shard.Root)));
        }

        return CoreTemplate.From(core);
    }

    public CoreTemplate ClockAnomaly(LogShard log, Guid rid, long behindMs) => CoreTemplate.From(Operational(log, LeafType.ClockAnomaly, rid).Add("behind_ms", behindMs));

    public static string Code(string text, string what) =>
        AuditVocabulary.IsCode(text) ? text : throw new ArgumentException($"The {what} must be a code of at most 64 letters, digits and . _ : / -: records carry no free text.", nameof(text));

    public static string Text(Guid id) => id.ToString("D");

    private static CoreObject AddContext(CoreObject core, CoreContext context) => core
        .Add("actor", context.Actor)
        .Add("purpose", context.Purpose)
        .Add("basis", context.Basis)
        .Add("ret", context.Retention)
        .Add("level", context.Level)
        .Add("priv", new CoreObject().Add("state", context.Privileged ? "claimed" : "none"));

    // Written by the ledger itself inside a batch: the actor is the system, without pseudonym.
    private CoreObject Operational(LogShard log, LeafType type, Guid rid)
    {
        var why = Operation;
        var who = new CoreObject().Add("kind", AuditVocabulary.Code(ActorKind.System));
        return Frame(log, type, rid, null, new CoreContext(who, why.Purpose, why.LegalBasis, AuditVocabulary.RetentionCode(why.RetentionClass) ?? why.RetentionClass, AuditVocabulary.Code(why.Level), false));
    }

    private static string SoftwareVersion()
    {
        var version = typeof(CoreFactory).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        return version.Replace('+', '-'); // version and commit; '+' is not in the alphabet of codes
    }

    // Of the machine, so that "mono" of several processes can be ordered after a clock change.
    private static string BootId()
    {
        const string Linux = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Linux) ? File.ReadAllText(Linux).Trim() : Environment.TickCount64.ToString(CultureInfo.InvariantCulture);
    }
}

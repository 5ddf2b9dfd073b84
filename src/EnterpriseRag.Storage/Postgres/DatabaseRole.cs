namespace EnterpriseRag.Storage.Postgres;

/// <summary>
/// A Postgres role of the installation (ledger.md 2.11). <see cref="Name"/> is the name that migrations use as <c>${name}</c>;
/// in the cluster it carries <see cref="DatabaseOptions.RolePrefix"/>, because roles belong to the whole cluster.
/// </summary>
public sealed record DatabaseRole(string Name, DatabaseKind Database, bool CanLogIn)
{
    public static readonly DatabaseRole RagApp = new("rag_app", DatabaseKind.Rag, true);

    /// <summary>Owns the ledger's objects, so that no role that logs in does.</summary>
    public static readonly DatabaseRole AuditOwner = new("audit_owner", DatabaseKind.Audit, false);
    public static readonly DatabaseRole AuditWriter = new("audit_writer", DatabaseKind.Audit, true);
    public static readonly DatabaseRole AuditVerifier = new("audit_verifier", DatabaseKind.Audit, true);

    /// <summary>Reads aggregated views only. Cannot log in until the review issue gives it a use.</summary>
    public static readonly DatabaseRole AuditMeta = new("audit_meta", DatabaseKind.Audit, false);

    /// <summary>Deletes by approved jobs only. Cannot log in until the retention issue gives it a use.</summary>
    public static readonly DatabaseRole AuditRetention = new("audit_retention", DatabaseKind.Audit, false);
    public static readonly DatabaseRole KeysBroker = new("keys_broker", DatabaseKind.Keys, true);
    public static readonly DatabaseRole IdentityVault = new("identity_vault", DatabaseKind.Keys, true);

    public static readonly IReadOnlyList<DatabaseRole> All =
        [RagApp, AuditOwner, AuditWriter, AuditVerifier, AuditMeta, AuditRetention, KeysBroker, IdentityVault];

    /// <summary>The role that looks for pending migrations when the host starts without an administrator's connection.</summary>
    internal static DatabaseRole MigrationReader(DatabaseKind database) => database switch
    {
        DatabaseKind.Rag => RagApp,
        DatabaseKind.Audit => AuditVerifier,
        DatabaseKind.Keys => KeysBroker,
        _ => throw new ArgumentOutOfRangeException(nameof(database), database, "Unknown database."),
    };
}

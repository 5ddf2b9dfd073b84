using EnterpriseRag.Foundation;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Storage.Postgres;

/// <summary>
/// One connection pool per role. Pools open on first use, so that asking for this class needs neither a server nor passwords;
/// a missing password file is reported then. Safe for concurrent callers; the container disposes it.
/// </summary>
public sealed class Databases : IAsyncDisposable
{
    private readonly DatabaseOptions _options;
    private readonly DatabasePasswords _passwords;
    private readonly Dictionary<DatabaseRole, Lazy<NpgsqlDataSource>> _sources;

    public Databases(IOptions<DatabaseOptions> options, IOptions<DataOptions> data)
    {
        _options = options.Value;
        _passwords = new DatabasePasswords(data.Value);
        _sources = DatabaseRole.All.Where(role => role.CanLogIn).ToDictionary(role => role, role => new Lazy<NpgsqlDataSource>(() => Open(role)));
    }

    /// <summary>Role <c>rag_app</c> on <c>rag</c>.</summary>
    public NpgsqlDataSource Rag => this[DatabaseRole.RagApp];

    /// <summary>Role <c>audit_writer</c> on <c>rag_audit</c>: appends, reads nothing sealed. Connects within 2 s or fails.</summary>
    public NpgsqlDataSource AuditWriter => this[DatabaseRole.AuditWriter];

    /// <summary>Role <c>audit_verifier</c> on <c>rag_audit</c>: reads leaves and head.</summary>
    public NpgsqlDataSource AuditVerifier => this[DatabaseRole.AuditVerifier];

    /// <summary>Role <c>keys_broker</c> on <c>rag_keys</c>, schema <c>keys</c>.</summary>
    public NpgsqlDataSource Keys => this[DatabaseRole.KeysBroker];

    /// <summary>Role <c>identity_vault</c> on <c>rag_keys</c>, schema <c>vault</c>.</summary>
    public NpgsqlDataSource Vault => this[DatabaseRole.IdentityVault];

    /// <exception cref="DatabaseSetupException">The password file is missing or lacks the role.</exception>
    public NpgsqlDataSource this[DatabaseRole role] => _sources[role].Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values.Where(source => source.IsValueCreated))
        {
            await source.Value.DisposeAsync();
        }
    }

    private NpgsqlDataSource Open(DatabaseRole role)
    {
        var (host, port) = _options.Server();
        var isLedger = role.Database == DatabaseKind.Audit;
        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = host,
            Port = port,
            Database = _options.Name(role.Database),
            Username = _options.Name(role),
            Password = _passwords.Of(role),
            ApplicationName = role.Name,
            // The ledger has to answer or refuse within two seconds (ledger.md 2.8), so its connection attempt may not outlast that.
            Timeout = isLedger ? Math.Min(2, _options.ConnectTimeoutSeconds) : _options.ConnectTimeoutSeconds,
            CommandTimeout = _options.CommandTimeoutSeconds,
            MaxPoolSize = role == DatabaseRole.RagApp ? 40 : 10,
            IncludeErrorDetail = false, // details quote column values: personal data in logs
        });
    }
}

using EnterpriseRag.Foundation;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Storage.Postgres;

/// <summary>
/// Brings the three databases to the state that this version needs. With <see cref="DatabaseOptions.AdminConnection"/>: creates roles,
/// databases and tables (first start) and applies new migrations. Without: checks that nothing is pending and refuses to go on otherwise.
/// Idempotent; any number of processes may call it at once (an advisory lock in the cluster lets one through at a time).
/// </summary>
public sealed class DatabaseSetup
{
    private const long LockKey = 0x5241_4753_4554_5550; // "RAGSETUP"
    private static readonly DatabaseKind[] s_all = [DatabaseKind.Rag, DatabaseKind.Audit, DatabaseKind.Keys];

    private readonly Databases _databases;
    private readonly DatabaseOptions _options;
    private readonly DatabasePasswords _passwords;
    private readonly SqlMigrator _migrator;
    private readonly ILogger<DatabaseSetup> _log;

    public DatabaseSetup(Databases databases, IOptions<DatabaseOptions> options, IOptions<DataOptions> data, IEnumerable<MigrationSource> migrations, ILogger<DatabaseSetup> log)
    {
        _databases = databases;
        _options = options.Value;
        _passwords = new DatabasePasswords(data.Value);
        _migrator = new SqlMigrator(_options, [.. migrations]);
        _log = log;
    }

    /// <exception cref="DatabaseSetupException">The databases cannot be used as they are, or the server is not durable (ledger.md 2.5); the message says what to do.</exception>
    /// <exception cref="NpgsqlException">The server does not answer or refuses the administrator.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(_options.AdminConnection))
        {
            await CheckAsync(cancellationToken);
        }
        else
        {
            await SetUpAsync(cancellationToken);
        }

        await DurabilityCheck.RunAsync(_databases.AuditVerifier, cancellationToken);
    }

    private async Task SetUpAsync(CancellationToken cancellationToken)
    {
        await using var admin = new NpgsqlConnection(_options.AdminConnectionTo(null));
        await admin.OpenAsync(cancellationToken);
        // Held until the connection closes, so a killed process never leaves it behind.
        await ExecuteAsync(admin, $"SELECT pg_advisory_lock({LockKey})", cancellationToken);

        await CreateRolesAsync(admin, cancellationToken);
        foreach (var database in s_all)
        {
            await CreateDatabaseAsync(admin, database, cancellationToken);
            await using var connection = new NpgsqlConnection(_options.AdminConnectionTo(database));
            await connection.OpenAsync(cancellationToken);
            await ExecuteAsync(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC", cancellationToken);
            foreach (var applied in await _migrator.ApplyAsync(connection, database, cancellationToken))
            {
                Log.MigrationApplied(_log, applied, _options.Name(database));
            }
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var database in s_all)
        {
            await using var connection = await _databases[DatabaseRole.MigrationReader(database)].OpenConnectionAsync(cancellationToken);
            var pending = await _migrator.PendingAsync(connection, database, cancellationToken);
            if (pending.Count > 0)
            {
                throw new DatabaseSetupException($"Database {_options.Name(database)} needs {pending.Count} migration(s), the first is {pending[0]}. Start the host once with Database:AdminConnection (a Postgres superuser).");
            }
        }
    }

    /// <summary>Passwords are on disk before the roles exist: a crash between the two is repaired by the next start.</summary>
    private async Task CreateRolesAsync(NpgsqlConnection admin, CancellationToken cancellationToken)
    {
        var passwords = _passwords.Load();
        var existing = await ExistingRolesAsync(admin, cancellationToken);
        var missing = DatabaseRole.All.Where(role => !existing.Contains(_options.Name(role))).ToArray();
        if (DatabaseRole.All.FirstOrDefault(role => role.CanLogIn && !missing.Contains(role) && !passwords.ContainsKey(role.Name)) is { } stranger)
        {
            // Setting a new password would lock out the installation that made the role.
            throw new DatabaseSetupException($"The role {_options.Name(stranger)} exists in the cluster at {_options.Describe()}, but '{_passwords.Path}' has no password for it. If it belongs to another installation, set Database:RolePrefix and other database names; if the file was lost, restore it from its backup.");
        }

        foreach (var role in missing.Where(role => role.CanLogIn && !passwords.ContainsKey(role.Name)))
        {
            passwords[role.Name] = DatabasePasswords.Generate();
        }

        if (missing.Length > 0)
        {
            _passwords.Save(passwords);
        }

        foreach (var role in missing)
        {
            var login = role.CanLogIn ? $"LOGIN PASSWORD '{DatabasePasswords.ScramVerifier(passwords[role.Name])}'" : "NOLOGIN";
            await ExecuteAsync(admin, $"CREATE ROLE {SqlMigrator.Quote(_options.Name(role))} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION {login}", cancellationToken);
            Log.RoleCreated(_log, _options.Name(role));
        }
    }

    private async Task CreateDatabaseAsync(NpgsqlConnection admin, DatabaseKind database, CancellationToken cancellationToken)
    {
        var name = SqlMigrator.Quote(_options.Name(database));
        await using var exists = new NpgsqlCommand("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", admin) { Parameters = { new() { Value = _options.Name(database) } } };
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            // C.UTF-8: sorting does not change with the operating system's locale data, so indices stay valid across upgrades.
            await ExecuteAsync(admin, $"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'", cancellationToken);
            Log.DatabaseCreated(_log, _options.Name(database));
        }

        var logins = DatabaseRole.All.Where(role => role.Database == database && role.CanLogIn).Select(role => SqlMigrator.Quote(_options.Name(role)));
        await ExecuteAsync(admin, $"REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO {string.Join(", ", logins)}", cancellationToken);
    }

    private static async Task<HashSet<string>> ExistingRolesAsync(NpgsqlConnection admin, CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand("SELECT rolname FROM pg_roles", admin);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 }; // another process may hold the lock for its whole first start
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

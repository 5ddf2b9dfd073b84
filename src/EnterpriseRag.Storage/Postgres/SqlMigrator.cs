using System.Text.RegularExpressions;
using Npgsql;

namespace EnterpriseRag.Storage.Postgres;

/// <summary>
/// Applies embedded scripts to one database and records each with its SHA-256. An applied script that changed afterwards, or that
/// this version of the software does not know, stops the start: the schema would not be what the code was tested with.
/// </summary>
internal sealed partial class SqlMigrator(DatabaseOptions options, IReadOnlyList<MigrationSource> sources)
{
    /// <summary>Applies what is pending. The caller holds the setup lock.</summary>
    /// <returns>The applied scripts' names.</returns>
    public async Task<IReadOnlyList<string>> ApplyAsync(NpgsqlConnection admin, DatabaseKind database, CancellationToken cancellationToken)
    {
        await CreateRecordAsync(admin, database, cancellationToken);
        var pending = await PendingAsync(admin, database, cancellationToken);
        foreach (var script in pending)
        {
            await ApplyAsync(admin, script, cancellationToken);
        }

        return [.. pending.Select(script => script.ToString())];
    }

    /// <summary>Scripts not yet applied, in order.</summary>
    /// <exception cref="DatabaseSetupException">An applied script changed or is unknown.</exception>
    public async Task<IReadOnlyList<MigrationScript>> PendingAsync(NpgsqlConnection connection, DatabaseKind database, CancellationToken cancellationToken)
    {
        var applied = await AppliedAsync(connection, cancellationToken);
        var pending = new List<MigrationScript>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var script in sources.Where(source => source.Database == database).SelectMany(source => source.Scripts()))
        {
            if (!known.Add(script.ToString()))
            {
                throw new InvalidOperationException($"Two migrations are called {script}.");
            }

            if (!applied.TryGetValue(script.ToString(), out var sha256))
            {
                pending.Add(script);
            }
            else if (!sha256.AsSpan().SequenceEqual(script.Sha256))
            {
                throw new DatabaseSetupException($"The migration {script} of database {options.Name(database)} was changed after it was applied. Install the version of the software that applied it, or restore the script and put the change into a new one.");
            }
        }

        // Owners that this process did not register (another module's tables) are not our business; a newer script of a known owner is.
        var owners = sources.Where(source => source.Database == database).Select(source => source.Owner).ToHashSet(StringComparer.Ordinal);
        var newer = applied.Keys.FirstOrDefault(name => owners.Contains(name.Split('/')[0]) && !known.Contains(name));
        return newer is null
            ? pending
            : throw new DatabaseSetupException($"Database {options.Name(database)} carries the migration {newer}, which this version of the software does not know. Install the newer version again, or restore the database from before the upgrade.");
    }

    private static async Task<Dictionary<string, byte[]>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand("SELECT owner || '/' || name, sha256 FROM public.schema_migration", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            applied.Add(reader.GetString(0), reader.GetFieldValue<byte[]>(1));
        }

        return applied;
    }

    private async Task CreateRecordAsync(NpgsqlConnection admin, DatabaseKind database, CancellationToken cancellationToken)
    {
        var reader = Quote(options.Name(DatabaseRole.MigrationReader(database)));
        await using var command = new NpgsqlCommand(
            $"""
            CREATE TABLE IF NOT EXISTS public.schema_migration(
              owner text NOT NULL, name text NOT NULL, sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
              applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (owner, name));
            REVOKE ALL ON public.schema_migration FROM PUBLIC;
            GRANT USAGE ON SCHEMA public TO {reader};
            GRANT SELECT ON public.schema_migration TO {reader};
            """,
            admin);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task ApplyAsync(NpgsqlConnection admin, MigrationScript script, CancellationToken cancellationToken)
    {
        await using var transaction = await admin.BeginTransactionAsync(cancellationToken);
        try
        {
            await using var command = new NpgsqlCommand(WithRoleNames(script), admin, transaction) { CommandTimeout = 0 }; // an index over a large table takes its time
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e)
        {
            throw new DatabaseSetupException($"The migration {script} failed and was rolled back: {e.MessageText} ({e.SqlState}, position {e.Position}).", e);
        }

        // A script may have gone on as the owner of its objects (SET LOCAL ROLE); the record is the administrator's.
        await using var asAdministrator = new NpgsqlCommand("RESET ROLE", admin, transaction);
        await asAdministrator.ExecuteNonQueryAsync(cancellationToken);
        await using var record = new NpgsqlCommand("INSERT INTO public.schema_migration(owner, name, sha256) VALUES ($1, $2, $3)", admin, transaction)
        {
            Parameters = { new() { Value = script.Owner }, new() { Value = script.Name }, new() { Value = script.Sha256 } },
        };
        await record.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private string WithRoleNames(MigrationScript script) => RolePlaceholder().Replace(script.Sql, match =>
    {
        var role = DatabaseRole.All.FirstOrDefault(role => string.Equals(role.Name, match.Groups["role"].Value, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"The migration {script} names the unknown role {match.Value}.");
        return Quote(options.Name(role));
    });

    /// <summary>Names come from validated options and constants; quoted all the same.</summary>
    internal static string Quote(string identifier) => '"' + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    [GeneratedRegex(@"\$\{(?<role>[a-z_]+)\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex RolePlaceholder();
}

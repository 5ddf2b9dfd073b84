using Npgsql;

namespace EnterpriseRag.Storage.Postgres;

/// <summary>
/// The server settings without which a committed ledger record could be lost or silently damaged (ledger.md 2.5). The host does not
/// start on a server that lacks one.
/// </summary>
public static class DurabilityCheck
{
    private static readonly (string Setting, string[] Accepted, string Remedy)[] s_required =
    [
        ("fsync", ["on"], "set fsync = on in postgresql.conf and reload"),
        ("full_page_writes", ["on"], "set full_page_writes = on in postgresql.conf and reload"),
        ("data_checksums", ["on"], "stop the server and run pg_checksums --enable on its data folder (or make the cluster with initdb --data-checksums)"),
        ("wal_level", ["replica", "logical"], "set wal_level = replica in postgresql.conf and restart"),
    ];

    /// <exception cref="DatabaseSetupException">Names every setting that is wrong and its remedy.</exception>
    public static async Task RunAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT name, setting FROM pg_settings WHERE name = ANY($1)");
        command.Parameters.Add(new() { Value = s_required.Select(required => required.Setting).ToArray() });
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                settings.Add(reader.GetString(0), reader.GetString(1));
            }
        }

        var wrong = s_required
            .Where(required => !settings.TryGetValue(required.Setting, out var value) || !required.Accepted.Contains(value, StringComparer.Ordinal))
            .Select(required => $"{required.Setting} is {settings.GetValueOrDefault(required.Setting, "unknown")}: {required.Remedy}")
            .ToArray();
        if (wrong.Length > 0)
        {
            throw new DatabaseSetupException($"Postgres is not set up to keep committed records: {string.Join("; ", wrong)}.");
        }
    }
}

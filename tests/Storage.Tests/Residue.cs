using System.Text;
using EnterpriseRag.Storage.Postgres;
using EnterpriseRag.Testing;
using Npgsql;
using Shouldly;

namespace EnterpriseRag.Storage.Tests;

/// <summary>Looks for a text in every column of every table of the three databases, and in every file and file name of the data folder.</summary>
internal static class Residue
{
    public static async Task<List<string>> FindAsync(TestDatabases set, string marker)
    {
        var places = new List<string>();
        foreach (var database in Enum.GetValues<DatabaseKind>())
        {
            await using var source = NpgsqlDataSource.Create(set.AdminConnection(database));
            foreach (var table in await TablesAsync(source))
            {
                await using var command = source.CreateCommand($"SELECT count(*) FROM {table} AS row WHERE row::text LIKE '%' || $1 || '%'");
                command.Parameters.Add(new() { Value = marker });
                if ((long)(await command.ExecuteScalarAsync()).ShouldNotBeNull() > 0)
                {
                    places.Add(table);
                }
            }
        }

        var bytes = Encoding.UTF8.GetBytes(marker);
        foreach (var file in Directory.EnumerateFiles(set.DataDirectory, "*", SearchOption.AllDirectories))
        {
            if (file.Contains(marker, StringComparison.Ordinal) || (await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(bytes) >= 0)
            {
                places.Add(Path.GetRelativePath(set.DataDirectory, file));
            }
        }

        places.AddRange(Directory.EnumerateDirectories(set.DataDirectory, $"*{marker}*", SearchOption.AllDirectories));
        return places;
    }

    private static async Task<List<string>> TablesAsync(NpgsqlDataSource source)
    {
        var tables = new List<string>();
        await using var command = source.CreateCommand("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            tables.Add(reader.GetString(0));
        }

        return tables;
    }
}

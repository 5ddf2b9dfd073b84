using System.Globalization;

namespace EnterpriseRag.Testing;

/// <summary>Finds the server programs of the newest Postgres from 15 on; Debian keeps them outside the PATH.</summary>
internal static class PostgresBinaries
{
    private const int OldestMajor = 15;

    public static string Folder { get; } = Find();

    private static string Find()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var major) && major >= OldestMajor)
                .OrderBy(folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))
                .Select(folder => Path.Combine(folder, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return debian.Concat(path).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")))
            ?? throw new InvalidOperationException("The tests need PostgreSQL 15 (initdb, postgres). Install it with: apt-get install -y postgresql-15");
    }
}

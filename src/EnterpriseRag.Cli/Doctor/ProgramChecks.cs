using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using EnterpriseRag.Ingestion.Extract.Sandbox;

namespace EnterpriseRag.Cli.Doctor;

/// <summary>Programs that the installation calls.</summary>
internal static class ProgramChecks
{
    private const string PostgresFolder = "/usr/lib/postgresql";
    private const int OldestPostgres = 15;
    private const int OldestNode = 18;

    public static async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancellationToken)
    {
        var sandbox = await new SandboxProbe().StatusAsync();
        return [await NodeAsync(cancellationToken), Postgres(), Extraction(sandbox), Network(sandbox)];
    }

    /// <summary>Only the build needs it, to fetch the native library.</summary>
    private static async Task<Check> NodeAsync(CancellationToken cancellationToken)
    {
        var version = await OutputAsync("node", "--version", cancellationToken);
        return version is not null && int.TryParse(version.TrimStart('v').Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) && major >= OldestNode
            ? Check.Ok("Node.js", version)
            : Check.Warning("Node.js", version ?? "not found", "Building from source needs Node.js 18 or newer with npm; a built installation does not.");
    }

    private static Check Postgres()
    {
        var versions = Directory.Exists(PostgresFolder)
            ? Directory.EnumerateDirectories(PostgresFolder)
                .Where(folder => File.Exists(Path.Combine(folder, "bin", "initdb")))
                .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0)
                .ToList()
            : [];
        return versions.Exists(version => version >= OldestPostgres)
            ? Check.Ok("Postgres", string.Create(CultureInfo.InvariantCulture, $"{versions.Max()} in {PostgresFolder}"))
            : Check.Warning("Postgres", "no server programs of version 15 or newer here", "apt-get install postgresql; not needed when Database__Host names another machine.");
    }

    private static Check Extraction(SandboxStatus sandbox) => sandbox.Missing.Count == 0
        ? Check.Ok("extraction", "poppler, python3 and util-linux are there")
        : Check.Error("extraction", $"missing: {string.Join(", ", sandbox.Missing.Select(missing => missing.Program))}", string.Join("; ", sandbox.Missing.Select(missing => missing.Remedy).Distinct(StringComparer.Ordinal)));

    private static Check Network(SandboxStatus sandbox) => sandbox.NetworkIsolated
        ? Check.Ok("sandbox", $"extraction runs without network ({sandbox.NetworkDetail})")
        : Check.Warning("sandbox", "extraction would run with network", sandbox.NetworkDetail);

    private static async Task<string?> OutputAsync(string program, string argument, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, argument) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true });
            if (process is null)
            {
                return null;
            }

            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0 ? output.Trim() : null;
        }
        catch (Win32Exception)
        {
            return null; // not on the PATH
        }
    }
}

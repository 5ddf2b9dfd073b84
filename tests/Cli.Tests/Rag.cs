using System.Diagnostics;
using System.Text.Json;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Cli.Tests;

/// <summary>What a run of <c>rag</c> left: its exit code and its two streams.</summary>
internal sealed record RagRun(int ExitCode, string Standard, string Errors)
{
    /// <summary>The one JSON value on the standard output.</summary>
    public JsonElement Json => JsonDocument.Parse(Standard).RootElement;
}

/// <summary>Runs the built program as a process, as scripts do.</summary>
internal static class Rag
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    /// <param name="settings">Configuration keys with colons; they become environment variables.</param>
    /// <param name="arguments">The command line.</param>
    public static async Task<RagRun> RunAsync(IReadOnlyDictionary<string, string?> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        start.ArgumentList.Add(Path.Combine(RepositoryFiles.Root, "src", "EnterpriseRag.Cli", "bin", "Release", "net10.0", "rag.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // What the developer's shell has set must not reach the program under test.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("RAG_", StringComparison.Ordinal) || name.Contains("__", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        var standard = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(s_limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"rag {string.Join(' ', arguments)} did not end within {s_limit}: {await errors}", e);
        }

        return new RagRun(process.ExitCode, await standard, await errors);
    }

    /// <summary>Settings of an installation that has a data folder and nothing else.</summary>
    public static Dictionary<string, string?> Installation(string dataDirectory) => new(StringComparer.Ordinal)
    {
        ["Data:Directory"] = dataDirectory,
        ["Models:Directory"] = Path.Combine(RepositoryFiles.Root, "deploy", "models"),
    };
}

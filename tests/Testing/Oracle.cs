using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace EnterpriseRag.Testing;

/// <summary>
/// Another implementation that tests compare with: a script in tests/oracles that reads one JSON document from its input and writes one to its output.
/// </summary>
public static class Oracle
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public static async Task<JsonDocument> AskAsync(string script, object question, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(RepositoryFiles.Root, "tests", "oracles");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
        {
            throw new DirectoryNotFoundException("tests/oracles is not installed: run 'cd tests/oracles && npm ci --ignore-scripts'.");
        }

        var start = new ProcessStartInfo("node", [Path.Combine(folder, script)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            UseShellExecute = false,
            Environment = { ["TZ"] = "UTC", ["LANG"] = "en_US.UTF-8" },
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.WriteAsync(JsonSerializer.Serialize(question, JsonSerializerOptions.Web).AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? JsonDocument.Parse(await output) : throw new InvalidOperationException($"{script} failed: {await errors}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}

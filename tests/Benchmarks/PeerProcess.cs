using System.Diagnostics;
using System.Text.Json;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Benchmarks;

/// <summary>A script of tests/Benchmarks/peers in Node.js that answers each line of input with one line of JSON.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;

    private PeerProcess(Process process) => _process = process;

    /// <param name="script">File name in tests/Benchmarks/peers.</param>
    /// <param name="arguments">Of the script.</param>
    public static PeerProcess Start(string script, params IEnumerable<string> arguments)
    {
        string folder = Path.Combine(RepositoryFiles.Root, "tests", "Benchmarks", "peers");
        var start = new ProcessStartInfo("node", [Path.Combine(folder, script), .. arguments]) { UseShellExecute = false, WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true };
        return new PeerProcess(Process.Start(start) ?? throw new InvalidOperationException("node did not start."));
    }

    public async Task<T> AskAsync<T>(string line, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        string answer = await _process.StandardOutput.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The peer ended; its own message stands above. Its packages: npm ci in tests/Benchmarks/peers.");
        return JsonSerializer.Deserialize<T>(answer, JsonSerializerOptions.Web) ?? throw new InvalidOperationException("The peer answered null.");
    }

    public void Dispose()
    {
        _process.StandardInput.Close(); // the script ends with its input
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}

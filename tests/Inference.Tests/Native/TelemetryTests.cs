using System.Diagnostics;
using EnterpriseRag.Inference.Native;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Native;

/// <summary>
/// The library stays silent under CI variables by itself, so the proof needs a process without them, with fresh folders where it would write.
/// Failing runs queue events too, so the child makes some.
/// </summary>
public sealed class TelemetryTests
{
    [Fact]
    public void A_session_works_and_a_failing_run_is_an_exception()
    {
        using var graph = new EmbeddingGraph();
        using RunPlan plan = graph.NewPlan();
        plan.Run();
        graph.Hidden.Reshape(1, 3, 384);

        for (int i = 0; i < 3; i++)
        {
            Should.Throw<OrtException>(plan.Run);
        }
    }

    [Fact]
    public async Task No_telemetry_file_appears_in_a_process_without_ci_variables()
    {
        string root = Directory.CreateTempSubdirectory("telemetry-").FullName;
        try
        {
            string[] folders = ["home", "tmp", "cache"];
            Array.ForEach(folders, f => Directory.CreateDirectory(Path.Combine(root, f)));
            var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "EnterpriseRag.Inference.Tests"))
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = root,
                ArgumentList = { "-method", $"{typeof(TelemetryTests).FullName}.{nameof(A_session_works_and_a_failing_run_is_an_exception)}" },
            };
            start.Environment.Clear();
            start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
            start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
            start.Environment["HOME"] = Path.Combine(root, "home");
            start.Environment["TMPDIR"] = Path.Combine(root, "tmp");
            start.Environment["XDG_CACHE_HOME"] = Path.Combine(root, "cache");
            start.Environment["DOTNET_EnableDiagnostics"] = "0"; // the runtime's own sockets would lie in TMPDIR

            using Process child = Process.Start(start)!;
            Task<string> output = child.StandardOutput.ReadToEndAsync();
            Task<string> error = child.StandardError.ReadToEndAsync();
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);

            child.ExitCode.ShouldBe(0, await output + await error);
            (await output).ShouldContain("Total: 1");
            Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(root, path))
                .ShouldBe(folders, ignoreOrder: true);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Benchmarks;

/// <summary>Import of the GGUF file in the box: seconds, and the most memory that the process held meanwhile.</summary>
internal static class ImportBenchmark
{
    private const int Rounds = 5;
    private static readonly Lazy<Task<(double Seconds, double Megabytes)>> s_measured = new(RunAsync);

    public static async Task<Measurement> SecondsAsync(CancellationToken cancellationToken) => (await s_measured.Value.WaitAsync(cancellationToken)).Seconds;

    public static async Task<Measurement> MegabytesAsync(CancellationToken cancellationToken) => (await s_measured.Value.WaitAsync(cancellationToken)).Megabytes;

    private static async Task<(double Seconds, double Megabytes)> RunAsync()
    {
        using var folder = new ScratchFolder();
        var source = RepositoryFiles.Model("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
        var seconds = new List<double>();
        ResidentMemory.ResetPeak();
        for (var round = 0; round < Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            await ModelImporter.ImportAsync(source, folder.Sub(FormattableString.Invariant($"model-{round}")), new ModelImportOptions(), null, CancellationToken.None);
            seconds.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        return (seconds.Order().ElementAt(Rounds / 2), ResidentMemory.PeakMegabytes());
    }
}

/// <summary>Import of a model of 7B's shape with random Q5_K weights, 4.6 GB: seconds, GB of source a second, and the most memory held. Needs 13 GB of disk.</summary>
internal static class LargeImportBenchmark
{
    private static readonly Lazy<Task<(double Seconds, double Gigabytes, double Megabytes)>> s_measured = new(RunAsync);

    public static async Task<Measurement> SecondsAsync(CancellationToken cancellationToken) => (await s_measured.Value.WaitAsync(cancellationToken)).Seconds;

    public static async Task<Measurement> SpeedAsync(CancellationToken cancellationToken)
    {
        var run = await s_measured.Value.WaitAsync(cancellationToken);
        return run.Gigabytes / run.Seconds;
    }

    public static async Task<Measurement> MegabytesAsync(CancellationToken cancellationToken) => (await s_measured.Value.WaitAsync(cancellationToken)).Megabytes;

    private static async Task<(double Seconds, double Gigabytes, double Megabytes)> RunAsync()
    {
        using var folder = new ScratchFolder();
        var source = folder.Sub("random-7b.Q5_K.gguf");
        RandomSevenB.Write(source);
        var bytes = new FileInfo(source).Length;
        ResidentMemory.ResetPeak();
        var lines = new ProgressToErrors();
        var started = Stopwatch.GetTimestamp();
        await ModelImporter.ImportAsync(source, folder.Sub("model"), new ModelImportOptions(), lines, CancellationToken.None);
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, bytes / 1e9, ResidentMemory.PeakMegabytes());
    }

    /// <summary>A line a second, so that one who waits sees where it is.</summary>
    private sealed class ProgressToErrors : IProgress<ModelImportProgress>
    {
        private long _said;

        public void Report(ModelImportProgress value)
        {
            var said = Interlocked.Read(ref _said);
            if (Stopwatch.GetElapsedTime(said).TotalSeconds >= 1 && Interlocked.CompareExchange(ref _said, Stopwatch.GetTimestamp(), said) == said)
            {
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.Stage}: {value.Done / 1e6:N0} of {value.Total / 1e6:N0} MB"));
            }
        }
    }
}

/// <summary>A folder in the temporary directory, removed at the end.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("import-benchmark-").FullName;

    public string Sub(string name) => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}

/// <summary>Resident memory of this process as Linux counts it.</summary>
internal static class ResidentMemory
{
    public static void ResetPeak()
    {
        GC.Collect();
        File.WriteAllText("/proc/self/clear_refs", "5"); // 5 = the peak starts over from what is resident now
    }

    public static double PeakMegabytes()
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
    }
}

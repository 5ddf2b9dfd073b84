using System.Globalization;
using System.Text;
using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Inference.Sessions;

namespace EnterpriseRag.Cli.Doctor;

/// <summary>Disk, memory, processor, runtime, Unicode data, native library.</summary>
internal static class MachineChecks
{
    private const long NeededDiskMb = 2_500; // packages, build, model, cluster and logs of the quick start
    private const long NeededMemoryMb = 2_000; // host (900 MB at most), Postgres, and room for the build

    public static IEnumerable<Check> Run(InstallationSettings settings) =>
        [Disk(settings.Data.Directory), Memory(), Processor(), Runtime(), UnicodeData(), NativeLibrary(settings)];

    private static Check Disk(string folder)
    {
        var existing = folder;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        var free = new DriveInfo(existing).AvailableFreeSpace / 1_000_000;
        var detail = string.Create(CultureInfo.InvariantCulture, $"{free:N0} MB free for {folder}");
        return free >= NeededDiskMb
            ? Check.Ok("disk", detail)
            : Check.Error("disk", detail, string.Create(CultureInfo.InvariantCulture, $"{NeededDiskMb:N0} MB are needed: free some space, or set Data__Directory to another disk."));
    }

    private static Check Memory()
    {
        const string Source = "/proc/meminfo";
        var line = File.Exists(Source) ? File.ReadLines(Source).FirstOrDefault(text => text.StartsWith("MemAvailable:", StringComparison.Ordinal)) : null;
        if (line is null || !long.TryParse(line.AsSpan()["MemAvailable:".Length..].Trim().TrimEnd("kB").Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes))
        {
            return Check.Warning("memory", "unknown", "This machine does not tell its available memory; 2 GB are needed.");
        }

        var available = kilobytes / 1_000;
        var detail = string.Create(CultureInfo.InvariantCulture, $"{available:N0} MB available");
        return available >= NeededMemoryMb
            ? Check.Ok("memory", detail)
            : Check.Warning("memory", detail, string.Create(CultureInfo.InvariantCulture, $"{NeededMemoryMb:N0} MB are better: close other programs."));
    }

    private static Check Processor()
    {
        const string Source = "/proc/cpuinfo";
        var flags = File.Exists(Source) ? File.ReadLines(Source).FirstOrDefault(text => text.StartsWith("flags", StringComparison.Ordinal))?.Split(' ') ?? [] : [];
        string[] wanted = ["avx2", "avx512f", "avx_vnni", "avx512_vnni"];
        var detail = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores; {string.Join(", ", wanted.Where(flags.Contains).DefaultIfEmpty("none of AVX2, AVX-512, VNNI"))}");
        return flags.Contains("avx_vnni") || flags.Contains("avx512_vnni")
            ? Check.Ok("processor", detail)
            : Check.Warning("processor", detail, "Without VNNI all works, several times slower, and generated tokens can differ from the reference's.");
    }

    private static Check Runtime() => Environment.Version.Major >= 10
        ? Check.Ok(".NET", Environment.Version.ToString())
        : Check.Error(".NET", Environment.Version.ToString(), "Install .NET 10.");

    /// <summary>Without ICU, Normalize returns its input unchanged and tokens differ silently.</summary>
    private static Check UnicodeData() => "é".Normalize(NormalizationForm.FormD).Length == 2
        ? Check.Ok("ICU", "Unicode normalisation works")
        : Check.Error("ICU", "Unicode normalisation does nothing", "apt-get install libicu-dev, and unset DOTNET_SYSTEM_GLOBALIZATION_INVARIANT.");

    private static Check NativeLibrary(InstallationSettings settings)
    {
        var probe = RuntimeProbe.Run(settings.Runtime);
        return probe.Loads
            ? Check.Ok("native library", probe.Detail)
            : Check.Error("native library", probe.Detail, "Build again (npm fetches the library), or set Inference__Runtime__LibraryPath.");
    }
}

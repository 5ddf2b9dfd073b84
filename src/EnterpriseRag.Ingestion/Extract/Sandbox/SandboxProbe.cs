using System.Diagnostics;

namespace EnterpriseRag.Ingestion.Extract.Sandbox;

/// <summary>What this machine offers for the extraction of foreign files; <c>doctor</c> shows it.</summary>
/// <param name="NetworkIsolated">Children run in an empty network namespace.</param>
/// <param name="NetworkDetail">How, or why not and what to do.</param>
/// <param name="Missing">Programs that are absent, each with the Debian package that brings it.</param>
public sealed record SandboxStatus(bool NetworkIsolated, string NetworkDetail, IReadOnlyList<MissingProgram> Missing)
{
    /// <summary>Arguments of <c>unshare</c>; empty where the kernel refuses.</summary>
    internal IReadOnlyList<string> UnshareArguments { get; init; } = [];
}

/// <summary>A program that extraction needs and that is not installed.</summary>
public sealed record MissingProgram(string Program, string Package)
{
    public string Remedy => $"apt-get install {Package}";
}

/// <summary>Looks once at what the kernel and the machine permit. Thread-safe; the first caller pays some 20 ms.</summary>
public sealed class SandboxProbe
{
    // Only Debian's own folders: PATH may name a user's folder (pyenv shims, /usr/local) whose programs nobody vetted.
    private static readonly string[] s_folders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    private static readonly (string Program, string Package)[] s_needed =
    [
        ("prlimit", "util-linux"), ("setsid", "util-linux"), ("unshare", "util-linux"),
        ("pdfinfo", "poppler-utils"), ("pdftotext", "poppler-utils"), ("pdftoppm", "poppler-utils"), ("python3", "python3"),
    ];

    private readonly Lazy<Task<SandboxStatus>> _status = new(ProbeAsync);

    /// <summary>The result of the one probe of this process.</summary>
    public Task<SandboxStatus> StatusAsync() => _status.Value;

    /// <summary>Absolute path of a system program, or null.</summary>
    internal static string? Find(string program) => s_folders.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);

    private static async Task<SandboxStatus> ProbeAsync()
    {
        var missing = s_needed.Where(n => Find(n.Program) is null).Select(n => new MissingProgram(n.Program, n.Package)).ToArray();
        if (Find("unshare") is not { } unshare)
        {
            return new SandboxStatus(false, "unshare is missing: apt-get install util-linux", missing);
        }

        // A user namespace first: it works without privileges and takes root's real capabilities away from the child.
        foreach (string[] arguments in (string[][])[["--map-root-user", "--net"], ["--net"]])
        {
            if (await SucceedsAsync(unshare, [.. arguments, "true"]))
            {
                return new SandboxStatus(true, "unshare " + string.Join(' ', arguments), missing) { UnshareArguments = arguments };
            }
        }

        return new SandboxStatus(
            false,
            "The kernel refuses network namespaces, so extraction children could reach the network. Allow them (sysctl kernel.unprivileged_userns_clone=1, or run with CAP_SYS_ADMIN).",
            missing);
    }

    private static async Task<bool> SucceedsAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("The probe did not start.");
        await process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode == 0;
    }
}

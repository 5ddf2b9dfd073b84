using System.Diagnostics;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Architecture.Tests;

/// <summary>The files that git tracks, as the rules about text see them.</summary>
internal static class Checkout
{
    /// <summary>Paths relative to the root, with /.</summary>
    public static IReadOnlyList<string> Tracked { get; } = List();

    public static string Read(string path) => File.ReadAllText(Path.Combine(RepositoryFiles.Root, path));

    /// <summary>Tracked text that we write ourselves: not the published model files, not golden outputs.</summary>
    public static IEnumerable<string> OurText =>
        Tracked.Where(path => !path.StartsWith("deploy/models/", StringComparison.Ordinal) && !path.StartsWith("tests/fixtures/", StringComparison.Ordinal) && IsText(path));

    public static IEnumerable<string> Source => Tracked.Where(path => path.StartsWith("src/", StringComparison.Ordinal) && path.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>As git decides it: a file with a NUL among its first bytes is binary.</summary>
    private static bool IsText(string path)
    {
        var full = Path.Combine(RepositoryFiles.Root, path);
        if (!File.Exists(full))
        {
            return false; // deleted in the working tree, not yet committed
        }

        using var file = File.OpenRead(full);
        Span<byte> head = stackalloc byte[8000];
        var read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return head[..read].IndexOf((byte)0) < 0;
    }

    private static string[] List()
    {
        // Untracked files that are not ignored count too: they are about to be committed.
        var start = new ProcessStartInfo("git", ["-C", RepositoryFiles.Root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var git = Process.Start(start) ?? throw new InvalidOperationException("git did not start. Install it with: apt-get install -y git");
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        return git.ExitCode == 0
            ? [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)]
            : throw new InvalidOperationException($"git ls-files failed ({git.ExitCode}) in {RepositoryFiles.Root}: run the tests from a checkout.");
    }
}

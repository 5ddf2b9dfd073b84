using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Ingestion.Extract.Sandbox;

/// <summary>What the child said: its exit code, what the reader made of its output, and the first 4 KB of its messages (never logged: they may quote the document).</summary>
internal sealed record ChildResult<T>(int ExitCode, T? Output, string Messages);

/// <summary>
/// Runs one foreign program over one foreign file: own session, address space, CPU time and file size limited, no core dump, no network where the kernel
/// permits, no environment, wall-clock limit, bounded output. The whole process group is dead when the task ends, however it ends.
/// Chain: setsid → prlimit → unshare → program; each one replaces itself by the next, so the group's leader keeps the pid we hold.
/// </summary>
internal sealed class ExtractorChild(IOptions<ExtractionOptions> options, SandboxProbe probe)
{
    private const int MaxMessageCharacters = 4096;

    /// <summary>Runs <paramref name="program"/>; <paramref name="read"/> consumes its standard output while it runs.</summary>
    /// <exception cref="ExtractionRefusedException">Missing program, time, memory or output limit.</exception>
    public async Task<ChildResult<T>> RunAsync<T>(
        string program, string package, IReadOnlyList<string> arguments, string workingDirectory, Func<Stream, T?> read, CancellationToken cancellationToken)
        where T : class
    {
        var limits = options.Value;
        using var process = Start(program, package, await ArgumentsAsync(program, package, arguments, limits), workingDirectory);
        process.StandardInput.Close();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(limits.TimeoutSeconds));
        // Killing the group closes its pipes, so the readers below end by themselves. After exit the group is empty and the signal goes nowhere.
        await using var killOnDeadline = deadline.Token.Register(() => KillGroup(process));
        var messages = ReadMessagesAsync(process.StandardError, CancellationToken.None);
        T? output = null;
        var tooLarge = false;
        Exception? readFailure = null;
        try
        {
            // A thread of its own: the pipe blocks, and parsing runs beside the child.
            output = await Task.Factory.StartNew(
                () => read(new LimitedReadStream(process.StandardOutput.BaseStream, limits.MaxOutputMegabytes * 1024L * 1024L)),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (OutputTooLargeException)
        {
            tooLarge = true;
        }
        catch (ExtractionRefusedException ex)
        {
            readFailure = ex;
        }
        finally
        {
            if (output is null)
            {
                KillGroup(process);
            }

            await process.WaitForExitAsync(CancellationToken.None);
            KillGroup(process); // a grandchild that outlived the leader
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (deadline.IsCancellationRequested || process.ExitCode == 128 + LibC.SigXcpu)
        {
            throw new ExtractionRefusedException(FailureCodes.Timeout, "Reading the file took too long and was stopped. Split the file or save it again with the program that made it, then upload it again.");
        }

        if (tooLarge || process.ExitCode == 128 + LibC.SigXfsz)
        {
            throw new ExtractionRefusedException(FailureCodes.TooLarge, "The file unpacks to more text than is allowed. Split it and upload the parts.");
        }

        if (readFailure is not null)
        {
            throw readFailure;
        }

        return new ChildResult<T>(process.ExitCode, output, await messages);
    }

    private static Process Start(string program, string package, List<string> chain, string workingDirectory)
    {
        var start = new ProcessStartInfo(chain[0], chain.Skip(1))
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["HOME"] = workingDirectory; // fontconfig's cache goes where it is removed
        try
        {
            return Process.Start(start) ?? throw Missing(program, package);
        }
        catch (System.ComponentModel.Win32Exception ex)
        {
            throw new ExtractionRefusedException(Missing(program, package).Failure, ex);
        }
    }

    private static ExtractionRefusedException Missing(string program, string package) =>
        new(FailureCodes.ExtractorMissing, $"The program {program} is not installed on the server. An administrator runs: apt-get install {package}; then retry this document.");

    private async Task<List<string>> ArgumentsAsync(string program, string package, IReadOnlyList<string> arguments, ExtractionOptions limits)
    {
        string Locate(string name, string from) => SandboxProbe.Find(name) ?? throw Missing(name, from);
        static string Bytes(long megabytes) => (megabytes * 1024 * 1024).ToString(CultureInfo.InvariantCulture);

        var status = await probe.StatusAsync();
        List<string> chain =
        [
            Locate("setsid", "util-linux"), Locate("prlimit", "util-linux"),
            "--as=" + Bytes(limits.AddressSpaceMegabytes), "--fsize=" + Bytes(limits.MaxOutputMegabytes),
            // soft below hard: at the soft limit the kernel sends SIGXCPU, which tells this end apart from other kills
            string.Create(CultureInfo.InvariantCulture, $"--cpu={limits.CpuSeconds}:{limits.CpuSeconds + 5}"), "--core=0",
        ];
        if (status.UnshareArguments.Count > 0)
        {
            chain.Add(Locate("unshare", "util-linux"));
            chain.AddRange(status.UnshareArguments);
        }

        chain.Add(Locate(program, package));
        chain.AddRange(arguments);
        return chain;
    }

    private static void KillGroup(Process process)
    {
        // Between start and setsid() there is no such group yet; then the process itself is the only member.
        if (LibC.Kill(-process.Id, LibC.SigKill) != 0 && !process.HasExited)
        {
            process.Kill();
        }
    }

    private static async Task<string> ReadMessagesAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var kept = new StringBuilder();
        var buffer = new char[1024];
        int read;
        while ((read = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            kept.Append(buffer, 0, Math.Min(read, MaxMessageCharacters - kept.Length)); // the rest is drained so that the child never blocks
        }

        return kept.ToString();
    }
}

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using EnterpriseRag.Cli.Output;
using EnterpriseRag.Cli.Server;
using EnterpriseRag.Cli.Settings;

namespace EnterpriseRag.Cli.Commands;

/// <summary>One file's outcome. <c>State</c>: ready, failed, refused (not taken in), queued and so on (with --no-wait).</summary>
internal sealed record IngestedFile(string Path, Guid? Document, Guid? Version, bool Unchanged, string State, string? Reason, int Pages, int Passages);

internal sealed record IngestResult(Guid Matter, int Ready, int Failed, int Unchanged, double Seconds, IReadOnlyList<IngestedFile> Files);

/// <summary><c>rag ingest</c>: hands files in and waits until each is ready or failed. A failed file does not stop the others.</summary>
internal static class IngestCommand
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(500);

    public static Command Create(Terminal terminal)
    {
        var paths = new Argument<string[]>("paths") { Description = "Files and folders (with their subfolders; hidden files are left out).", Arity = ArgumentArity.OneOrMore };
        var matter = new Option<string>("--matter") { Description = "The matter (name or id) that gets the documents.", Required = true, HelpName = "name" };
        var noWait = new Option<bool>("--no-wait") { Description = "Return when the files are handed in." };
        var command = new Command("ingest", "Hands documents in.") { paths, matter, noWait, CommonOptions.Server, CommonOptions.TokenFile };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var files = Expand(arguments.GetRequiredValue(paths));
            using var client = RagClient.From(arguments, InstallationSettings.Read());
            var found = await client.FindMattersAsync([arguments.GetRequiredValue(matter)], cancellationToken) ?? [];
            var target = found[0]; // one was asked for, and a missing one is an error
            var started = Stopwatch.GetTimestamp();
            var ingested = await terminal.WithProgressAsync(report => IngestAsync(client, target, files, !arguments.GetValue(noWait), report, cancellationToken));
            return Report(terminal, new IngestResult(
                target,
                ingested.Count(file => file.State is "ready"),
                ingested.Count(HasFailed),
                ingested.Count(file => file.Unchanged),
                Math.Round(Stopwatch.GetElapsedTime(started).TotalSeconds, 1),
                ingested));
        });
        return command;
    }

    private static int Report(Terminal terminal, IngestResult result)
    {
        foreach (var file in result.Files.Where(HasFailed))
        {
            terminal.Problem($"{file.Path}: {file.Reason ?? file.State}");
        }

        terminal.Say(string.Create(CultureInfo.InvariantCulture, $"{result.Files.Count} files: {result.Ready} ready ({result.Unchanged} unchanged), {result.Failed} failed, {result.Seconds:F1} s"));
        terminal.Result(result);
        return (int)(result.Failed == 0 ? ExitCode.Success : ExitCode.Incomplete);
    }

    private static bool HasFailed(IngestedFile file) => file.State is "failed" or "refused" or "gone";

    private static List<string> Expand(string[] paths)
    {
        var visible = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint };
        var files = paths
            .SelectMany<string, string>(path => Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", visible).Order(StringComparer.Ordinal)
                : File.Exists(path) ? [path]
                : throw new CommandFailedException(ExitCode.NotFound, $"There is no file or folder '{path}'."))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return files.Count > 0 ? files : throw new CommandFailedException(ExitCode.NotFound, "There is no file in what was named.");
    }

    private static async Task<IReadOnlyList<IngestedFile>> IngestAsync(RagClient client, Guid matter, List<string> files, bool wait, Action<string, double, double> report, CancellationToken cancellationToken)
    {
        var uploaded = new List<(string Path, UploadedFile File)>();
        foreach (var path in files)
        {
            report("handing in", uploaded.Count, files.Count);
            uploaded.Add((path, await client.UploadAsync(matter.ToString("D"), path, cancellationToken)));
        }

        while (true)
        {
            var documents = (await client.DocumentsAsync(matter, cancellationToken)).ToDictionary(document => document.Id);
            var states = uploaded.ConvertAll(file => State(file.Path, file.File, documents));
            var settled = states.Count(file => file.State is "ready" or "failed" or "refused" or "superseded" or "deleting" or "gone");
            report("reading and indexing", settled, states.Count);
            if (!wait || settled == states.Count)
            {
                return states;
            }

            await Task.Delay(s_poll, cancellationToken);
        }
    }

    private static IngestedFile State(string path, UploadedFile file, Dictionary<Guid, DocumentItem> documents)
    {
        if (file.Document is not { } id)
        {
            return new IngestedFile(path, null, null, false, "refused", file.Error, 0, 0);
        }

        if (!documents.TryGetValue(id, out var document))
        {
            return new IngestedFile(path, id, file.Version, file.Unchanged, "gone", "The document was removed meanwhile.", 0, 0);
        }

        // A newer version may have been handed in meanwhile; then ours no longer answers.
        var state = document.Version == file.Version ? document.State : "superseded";
        return new IngestedFile(path, id, file.Version, file.Unchanged, state, document.Version == file.Version ? document.Failure?.Detail : null, document.Pages, document.Passages);
    }
}

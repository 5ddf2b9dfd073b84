namespace EnterpriseRag.Ingestion.Extract.Sandbox;

/// <summary>
/// A private folder (0700) for one foreign file, removed with everything in it on disposal. Lies under <c>Data:Directory/tmp</c>,
/// which relies on disk encryption while a file is being read; what a killed process left there is removed at the next start.
/// </summary>
internal sealed class ExtractorWorkspace : IDisposable
{
    private ExtractorWorkspace(string directory) => Directory = directory;

    public string Directory { get; }

    public static ExtractorWorkspace Create(string root)
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        System.IO.Directory.CreateDirectory(root, Private);
        var path = Path.Combine(root, "x-" + Path.GetRandomFileName());
        System.IO.Directory.CreateDirectory(path, Private);
        return new ExtractorWorkspace(path);
    }

    /// <summary>Removes what an earlier, killed process left. Call before the first extraction.</summary>
    public static void RemoveLeftovers(string root)
    {
        if (System.IO.Directory.Exists(root))
        {
            foreach (var left in System.IO.Directory.EnumerateDirectories(root, "x-*"))
            {
                System.IO.Directory.Delete(left, recursive: true);
            }

            foreach (var upload in System.IO.Directory.EnumerateFiles(root, "r-*"))
            {
                File.Delete(upload);
            }
        }
    }

    /// <summary>Writes a file for the child and returns its path. Names are ours, never the sender's.</summary>
    public async Task<string> WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Directory, name);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using var file = new FileStream(path, options);
        await file.WriteAsync(content, cancellationToken);
        return path;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}

namespace EnterpriseRag.Inference.Models.Import.Sources;

/// <summary>What lies behind a path and any links: download caches link their folders' files to one store, and a link's own length says nothing.</summary>
internal static class PlainFile
{
    /// <summary>Length and time of the file itself; of one that is gone, a file that does not exist.</summary>
    public static FileInfo Info(string path) => File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is FileInfo target ? target : new FileInfo(path);

    /// <summary>
    /// An existing file without a length. Pipes and devices have none either: opening a pipe waits until somebody writes, so the import keeps away from all of them.
    /// </summary>
    public static bool IsEmpty(string path) => Info(path) is { Exists: true, Length: 0 };

    /// <exception cref="ModelImportException">The file is empty, or no plain file. A missing one is left to the opening.</exception>
    public static void Require(string path)
    {
        if (IsEmpty(path))
        {
            throw new ModelImportException($"{path} is cut short to nothing, or no plain file. Download it again.");
        }
    }
}

using EnterpriseRag.Foundation;

namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>
/// The file operations whose order makes the index crash-safe: write to a temporary name, flush to the device, rename, flush the folder.
/// Each step passes <see cref="BeforeStep"/>, where tests stop the process's work as a crash would.
/// </summary>
internal class DurableFiles
{
    public const string TemporarySuffix = ".tmp";

    /// <summary>Called with the name of the step that is about to happen. Production does nothing.</summary>
    protected virtual void BeforeStep(string step, string path)
    {
    }

    /// <summary>Writes a new file under a temporary name, flushes it and renames it to <paramref name="path"/>. The caller flushes the folder.</summary>
    public void WriteAtomically(string path, Action<FileStream> write)
    {
        var temporary = path + TemporarySuffix;
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        BeforeStep("create", path);
        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                write(stream);
                BeforeStep("flush", path);
                stream.Flush(flushToDisk: true);
            }

            BeforeStep("rename", path);
            File.Move(temporary, path, overwrite: true);
        }
        catch (IOException)
        {
            // A full disk must not keep half a file besides; after a real crash the next start removes it.
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Makes creations, renames and deletions in the folder durable.</summary>
    public void FlushDirectory(string directory)
    {
        BeforeStep("flush-directory", directory);
        DurableFile.FlushFolder(directory);
    }

    public void Delete(string path)
    {
        BeforeStep("delete", path);
        File.Delete(path);
    }

}

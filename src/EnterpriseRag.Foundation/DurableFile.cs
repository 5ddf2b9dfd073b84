using System.Runtime.InteropServices;
using System.Text;

namespace EnterpriseRag.Foundation;

/// <summary>
/// Files that survive a power cut: written beside their place, flushed to the disk, renamed (or linked, where nothing may be replaced), and the folder flushed too
/// (a name is only durable once its folder is).
/// </summary>
public static class DurableFile
{
    private const int OpenReadOnlyCloseOnExec = 0x80000; // O_RDONLY | O_CLOEXEC on Linux (x86-64 and arm64)
    private const int ErrorInvalid = 22; // EINVAL: this file system cannot flush folders (some network mounts)

    /// <summary>Puts <paramref name="content"/> at <paramref name="path"/> in one step: a reader sees the old bytes or the new ones, never a part.</summary>
    /// <param name="path">Target; its folder exists.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="mode">Permissions, set before the first byte is written. Default: 0600.</param>
    /// <param name="overwrite">False: an existing file stays and <see cref="IOException"/> is thrown.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, bool overwrite = true)
    {
        var temporary = $"{path}.{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = mode;
            }

            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            Publish(temporary, path, overwrite);
        }
        finally
        {
            File.Delete(temporary); // nothing is left of it after success
        }
    }

    /// <summary>Renames a flushed file into place and flushes the folder.</summary>
    /// <exception cref="IOException">The target exists and <paramref name="overwrite"/> is false.</exception>
    public static void Publish(string temporary, string path, bool overwrite)
    {
        if (overwrite || !OperatingSystem.IsLinux())
        {
            File.Move(temporary, path, overwrite);
        }
        else
        {
            LinkNew(temporary, path);
            File.Delete(temporary);
        }

        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!); // a file's full path always has a folder
    }

    /// <summary>Makes creations, renames and deletions in <paramref name="folder"/> durable. Does nothing outside Linux.</summary>
    /// <exception cref="IOException">The folder cannot be opened or flushed.</exception>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = Open(Encoding.UTF8.GetBytes(folder + '\0'), OpenReadOnlyCloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException($"Cannot open the folder '{folder}' to flush it: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        try
        {
            if (Flush(descriptor) != 0 && Marshal.GetLastPInvokeError() != ErrorInvalid)
            {
                throw new IOException($"Cannot flush the folder '{folder}': {Marshal.GetLastPInvokeErrorMessage()}.");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>A move without overwriting looks first and renames then, so two could win at once; a second name for the file is given in one step or refused.</summary>
    private static void LinkNew(string temporary, string path)
    {
        if (Link(Encoding.UTF8.GetBytes(temporary + '\0'), Encoding.UTF8.GetBytes(path + '\0')) != 0)
        {
            throw new IOException($"Cannot create '{path}': {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    // DllImport with blittable arguments: LibraryImport would need unsafe code, which only Inference.Native may have.
#pragma warning disable SYSLIB1054
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(byte[] existing, byte[] added);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Flush(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
#pragma warning restore SYSLIB1054
}

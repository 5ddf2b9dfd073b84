namespace EnterpriseRag.Foundation;

/// <summary>A secret on disk that cannot be used: readable by others, a link, or gone where it must exist. The message says what to do.</summary>
public sealed class SecretFileException(string message) : Exception(message);

/// <summary>
/// Files that hold a secret: mode 0600 in a folder of mode 0700, written durably. Reading refuses a file that others can read,
/// rather than mending it silently: somebody may have read it already.
/// </summary>
public static class SecretFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>The content, or null when there is no such file.</summary>
    /// <exception cref="SecretFileException">The file is a link or its mode is wider than 0600.</exception>
    public static byte[]? ReadIfPresent(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null)
        {
            throw new SecretFileException($"'{path}' is a symbolic link. Put the secret file itself there.");
        }

        if (!file.Exists)
        {
            return null;
        }

        if (!OperatingSystem.IsWindows() && (file.UnixFileMode & ~OwnerOnly) != UnixFileMode.None)
        {
            throw new SecretFileException($"'{path}' may be used by others (mode {Convert.ToString((int)file.UnixFileMode, 8)}). If nobody can have read it: chmod 600 '{path}'. Otherwise replace the secret.");
        }

        return File.ReadAllBytes(path);
    }

    /// <summary>Writes or replaces the secret durably with mode 0600, creating the folder with mode 0700.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        CreateFolder(path);
        DurableFile.Write(path, content, OwnerOnly);
    }

    /// <summary>Writes a new secret; of several processes that try at once exactly one gets true.</summary>
    /// <returns>False when the file exists already; it was not touched.</returns>
    public static bool TryCreate(string path, ReadOnlySpan<byte> content)
    {
        CreateFolder(path);
        try
        {
            DurableFile.Write(path, content, OwnerOnly, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }

    private static void CreateFolder(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!; // a file's full path always has a folder
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerFolder);
        }
    }
}

using System.Security.Cryptography;
using System.Text;

namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>
/// A folder of model files whose every byte was compared with its SHA256SUMS. Holding an instance means: at the time of <see cref="Open"/> no
/// listed file differed and no unlisted file lay in the folder (README files and the list itself aside), so nothing unverified can be read
/// through a reference inside a model file either. Immutable and thread-safe.
/// </summary>
public sealed class ModelFolder
{
    private const int BufferBytes = 1 << 20;
    private readonly IReadOnlyDictionary<string, string> _checksums;

    private ModelFolder(string path, string sha256, IReadOnlyDictionary<string, string> checksums)
    {
        Path = path;
        Sha256 = sha256;
        _checksums = checksums;
    }

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Last part of the path: the model's name in logs, cards and the ledger.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>SHA-256 of the SHA256SUMS file, lower-case hex: one number for all bytes of the folder. The ledger stores it.</summary>
    public string Sha256 { get; }

    /// <summary>Listed files, relative to the folder with '/' between the parts.</summary>
    public IEnumerable<string> Files => _checksums.Keys;

    /// <summary>
    /// Reads each file once and verifies it, two at a time (150 MB take about 0.1 s from the page cache on a CPU with SHA instructions).
    /// </summary>
    /// <exception cref="ModelFolderException">Missing, altered, unlisted or linked file, or no SHA256SUMS; the message names it.</exception>
    public static ModelFolder Open(string path, CancellationToken cancellationToken = default)
    {
        var root = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(root))
        {
            throw new ModelFolderException($"There is no model folder at {root}. Check the Models settings, or import a model with 'rag models import'.");
        }

        var (sha256, checksums) = ReadList(root);
        RefuseUnlisted(root, checksums);
        try
        {
            Parallel.ForEach(
                checksums.OrderByDescending(entry => Length(root, entry.Key)),
                new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken },
                entry => Verify(root, entry.Key, entry.Value, cancellationToken));
        }
        catch (AggregateException failures)
        {
            // The first in the list's order, so that the message does not depend on timing.
            var first = failures.InnerExceptions.OrderBy(e => e.Message, StringComparer.Ordinal).First();
            throw first is ModelFolderException or OperationCanceledException ? first : new ModelFolderException($"The model folder {root} cannot be read: {first.Message}", first);
        }

        return new ModelFolder(root, sha256, checksums);
    }

    /// <summary>A folder that has no list of checksums, its files as they are: for checks that answer no question. Its hash is empty.</summary>
    /// <exception cref="ModelFolderException">There is no such folder.</exception>
    internal static ModelFolder OpenUnlisted(string path)
    {
        var root = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        return Directory.Exists(root)
            ? new ModelFolder(root, "", Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToDictionary(file => System.IO.Path.GetRelativePath(root, file).Replace(System.IO.Path.DirectorySeparatorChar, '/'), _ => "", StringComparer.Ordinal))
            : throw new ModelFolderException($"There is no model folder at {root}.");
    }

    /// <summary>True when the file is listed (and so was verified).</summary>
    public bool Has(string file) => _checksums.ContainsKey(file);

    /// <summary>Absolute path of a verified file.</summary>
    /// <exception cref="ModelFolderException">The folder has no such file.</exception>
    public string File(string file) => _checksums.ContainsKey(file)
        ? System.IO.Path.Combine(Path, file.Replace('/', System.IO.Path.DirectorySeparatorChar))
        : throw new ModelFolderException($"The model folder {Path} has no file '{file}'. Take a complete folder, or import the model with 'rag models import'.");

    /// <summary>SHA-256 of a listed file, lower-case hex.</summary>
    /// <exception cref="ModelFolderException">The folder has no such file.</exception>
    public string Checksum(string file) => _checksums.TryGetValue(file, out var sum) ? sum : throw new ModelFolderException($"The model folder {Path} has no file '{file}'.");

    /// <summary>SHA-256 of a file, lower-case hex.</summary>
    internal static string HashFile(string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
        var buffer = new byte[BufferBytes];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static (string Sha256, IReadOnlyDictionary<string, string> Checksums) ReadList(string root)
    {
        var path = System.IO.Path.Combine(root, ChecksumList.FileName);
        try
        {
            var bytes = System.IO.File.ReadAllBytes(path);
            return (Convert.ToHexStringLower(SHA256.HashData(bytes)), ChecksumList.Parse(Encoding.UTF8.GetString(bytes), path));
        }
        catch (FileNotFoundException e)
        {
            throw new ModelFolderException($"{root} has no {ChecksumList.FileName}, so its files cannot be verified. Take the folder from its source again, or import the model with 'rag models import'.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static void RefuseUnlisted(string root, IReadOnlyDictionary<string, string> checksums)
    {
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        foreach (var entry in new DirectoryInfo(root).EnumerateFileSystemInfos("*", everything))
        {
            var name = System.IO.Path.GetRelativePath(root, entry.FullName).Replace(System.IO.Path.DirectorySeparatorChar, '/');
            if (entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                throw new ModelFolderException($"{entry.FullName} is a link; its target can change after the check. Put the file itself into the folder.");
            }

            if (entry is FileInfo && !checksums.ContainsKey(name) && !IsPaper(name))
            {
                throw new ModelFolderException($"{entry.FullName} is not listed in {ChecksumList.FileName}. Remove it, or take the folder from its source again.");
            }
        }
    }

    private static bool IsPaper(string name) => name is ChecksumList.FileName or "README" or "README.md" or "README.txt";

    private static long Length(string root, string name) => new FileInfo(System.IO.Path.Combine(root, name)) is { Exists: true } file ? file.Length : 0;

    private static void Verify(string root, string name, string expected, CancellationToken cancellationToken)
    {
        var path = System.IO.Path.Combine(root, name);
        string actual;
        try
        {
            actual = HashFile(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFolderException($"{path} is listed in {ChecksumList.FileName} but cannot be read: {e.Message} Take the folder from its source again.", e);
        }

        if (!string.Equals(actual, expected, StringComparison.Ordinal))
        {
            throw new ModelFolderException($"{path} was altered or damaged: its SHA-256 is {actual}, {ChecksumList.FileName} says {expected}. Take the file from its source again.");
        }
    }
}

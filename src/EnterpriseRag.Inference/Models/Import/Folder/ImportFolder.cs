using System.Security.Cryptography;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Models.Registry;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.Folder;

/// <summary>
/// The unfinished folder of one import, beside its target so that the final rename stays on one file system. Every file is flushed to the
/// disk before the rename; whatever ends the import before <see cref="Publish"/> removes the folder.
/// </summary>
internal sealed class ImportFolder : IDisposable
{
    private const string Prefix = ".importing-";
    private readonly string _target;
    private readonly string _path;
    private readonly string _dataName;
    private readonly SafeFileHandle _data;
    private readonly Dictionary<string, string> _checksums = new(StringComparer.Ordinal);
    private bool _published;

    private ImportFolder(string target, string path, string dataName, SafeFileHandle data)
    {
        _target = target;
        _path = path;
        _dataName = dataName;
        _data = data;
    }

    /// <summary>The external data file, open for positional writes from several threads.</summary>
    public SafeFileHandle Data => _data;

    /// <exception cref="ModelImportException">The place cannot be written, or has too little room.</exception>
    public static ImportFolder Create(string target, long dataBytes, string dataName = Weights.ExternalData.FileName)
    {
        var parent = Path.GetDirectoryName(target) ?? throw new ModelImportException($"{target} cannot be a model folder. Name a folder with --out.");
        try
        {
            Directory.CreateDirectory(parent);
            RemoveAbandoned(parent);

            // A tenth on top: the small files, and no import should fill a disk to the last byte.
            var free = new DriveInfo(parent).AvailableFreeSpace;
            if (free < dataBytes + (dataBytes / 10))
            {
                throw new ModelImportException(FormattableString.Invariant($"{parent} has {free / 1_000_000:N0} MB free; the import needs {(dataBytes + (dataBytes / 10)) / 1_000_000:N0} MB. Make room or name another folder with --out."));
            }

            var path = Path.Combine(parent, $"{Prefix}{Path.GetFileName(target)}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
            Directory.CreateDirectory(path);
            try
            {
                // FileShare.None is a lock: another import sees that this folder is alive.
                return new ImportFolder(target, path, dataName, File.OpenHandle(Path.Combine(path, dataName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None));
            }
            catch
            {
                Directory.Delete(path, recursive: true);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelImportException($"{parent} cannot be written: {e.Message} Name another folder with --out.", e);
        }
    }

    /// <param name="name">Relative to the folder, with '/' between its parts.</param>
    /// <param name="bytes">The content.</param>
    public void Write(string name, ReadOnlySpan<byte> bytes)
    {
        var path = Path.Combine(_path, name.Replace('/', Path.DirectorySeparatorChar));
        Directory.CreateDirectory(Path.GetDirectoryName(path) ?? _path);
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        RandomAccess.Write(file, bytes, 0);
        RandomAccess.FlushToDisk(file);
        _checksums.Add(name, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Flushes the external data and adds it to the list.</summary>
    /// <param name="done">Called with the bytes hashed so far.</param>
    /// <param name="cancellationToken">Ends the hashing.</param>
    public void CompleteData(Action<long>? done, CancellationToken cancellationToken)
    {
        RandomAccess.FlushToDisk(_data);
        var buffer = new byte[1 << 20];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long position = 0;
        for (int read; (read = RandomAccess.Read(_data, buffer, position)) > 0; position += read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
            done?.Invoke(position + read);
        }

        _checksums.Add(_dataName, Convert.ToHexStringLower(hash.GetHashAndReset()));
        _data.Dispose();
    }

    /// <summary>Writes the list and puts the folder in its place with a rename; an older folder there is moved away first.</summary>
    public void Publish()
    {
        Write(ChecksumList.FileName, System.Text.Encoding.UTF8.GetBytes(ChecksumList.Format(_checksums)));
        var replaced = $"{_path}-replaced";
        if (Directory.Exists(_target))
        {
            // Open sessions keep their mapped files until they close them; the next start sees the new folder.
            Directory.Move(_target, replaced);
        }

        try
        {
            DurableFile.FlushFolder(_path);
            Directory.Move(_path, _target);
            _published = true;
            DurableFile.FlushFolder(Path.GetDirectoryName(_target) ?? _target);
        }
        catch (IOException) when (Directory.Exists(replaced))
        {
            Directory.Move(replaced, _target);
            throw;
        }

        if (Directory.Exists(replaced))
        {
            Directory.Delete(replaced, recursive: true);
        }
    }

    public void Dispose()
    {
        _data.Dispose();
        if (!_published && Directory.Exists(_path))
        {
            Directory.Delete(_path, recursive: true);
        }
    }

    /// <summary>Removes what a killed import left: folders whose data file nobody holds.</summary>
    private static void RemoveAbandoned(string parent)
    {
        foreach (var path in Directory.EnumerateDirectories(parent, $"{Prefix}*"))
        {
            try
            {
                var adapter = Path.Combine(path, Adapters.AdapterWeights.FileName);
                File.OpenHandle(File.Exists(adapter) ? adapter : Path.Combine(path, Weights.ExternalData.FileName), FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            }
            catch (IOException)
            {
                continue; // held by a running import, or just being created by one
            }

            Directory.Delete(path, recursive: true);
        }
    }
}

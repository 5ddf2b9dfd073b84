using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>
/// Records about model folders, one file per folder hash and kind in model-records of the data directory: a line of JSON and a line with its HMAC-SHA256
/// under a key of the installation (secrets/model-records.key, mode 0600). So a record counts for one folder's bytes, one purpose and one installation, and
/// whoever may write model folders but not read the secrets cannot make one. Alternative refused: a plain file beside the model, which comes along with a
/// copied folder. Thread-safe; several processes may use it, the last writer wins.
/// </summary>
internal sealed class SealedRecords(string dataDirectory)
{
    private const string MacPrefix = "hmac-sha256 ";
    private const int KeyBytes = 32;
    private const int MaxRecordBytes = 4 << 20;

    private readonly string _folder = Path.GetFullPath(Path.Combine(dataDirectory, "model-records"));
    private readonly string _keyFile = Path.GetFullPath(Path.Combine(dataDirectory, "secrets", "model-records.key"));

    /// <summary>Null when there is none.</summary>
    /// <exception cref="ModelFolderException">The record was altered, belongs elsewhere, or the key is gone.</exception>
    public T? Read<T>(string kind, string sha256, JsonTypeInfo<T> type)
        where T : class
    {
        var path = PathOf(kind, sha256);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            if (new FileInfo(path).Length > MaxRecordBytes)
            {
                throw Altered(path, null);
            }

            var bytes = File.ReadAllBytes(path);
            var end = bytes.AsSpan().IndexOf((byte)'\n');
            var json = bytes.AsSpan(0, Math.Max(end, 0));
            var mac = Encoding.ASCII.GetString(bytes.AsSpan(end + 1)).TrimEnd('\n');
            return end > 0 && ReadKey() is { } key && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(mac), Encoding.ASCII.GetBytes(Mac(key, kind, sha256, json)))
                ? JsonSerializer.Deserialize(json, type) ?? throw Altered(path, null)
                : throw Altered(path, null);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or SecretFileException)
        {
            throw Altered(path, e);
        }
    }

    public void Write<T>(string kind, string sha256, T record, JsonTypeInfo<T> type)
    {
        CreatePrivateFolder();
        var json = JsonSerializer.SerializeToUtf8Bytes(record, type);
        byte[] content = [.. json, (byte)'\n', .. Encoding.ASCII.GetBytes(Mac(ReadKey() ?? MakeKey(), kind, sha256, json)), (byte)'\n'];
        DurableFile.Write(PathOf(kind, sha256), content);
    }

    /// <summary>Folder hashes that have a record of this kind.</summary>
    public IReadOnlyList<string> Hashes(string kind) => !Directory.Exists(_folder)
        ? []
        : [.. Directory.EnumerateFiles(_folder, "*." + kind).Select(path => Path.GetFileNameWithoutExtension(path)).Where(IsHash).Order(StringComparer.Ordinal)];

    /// <summary>Changes whenever the record does; 0 when there is none.</summary>
    public long Stamp(string kind, string sha256) => new FileInfo(PathOf(kind, sha256)) is { Exists: true } file ? file.LastWriteTimeUtc.Ticks : 0;

    private static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    private static ModelFolderException Altered(string path, Exception? inner) => new(
        $"{path} is not a record of this installation: it was altered, copied from elsewhere, or secrets/model-records.key is another one. Remove it and decide again with 'rag models approve'.", inner);

    private static string Mac(byte[] key, string kind, string sha256, ReadOnlySpan<byte> json)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.ASCII.GetBytes($"rag-model-record/1\n{kind}\n{sha256}\n"));
        hmac.AppendData(json);
        return MacPrefix + Convert.ToHexStringLower(hmac.GetHashAndReset());
    }

    private string PathOf(string kind, string sha256) =>
        IsHash(sha256) ? Path.Combine(_folder, $"{sha256}.{kind}") : throw new ArgumentException("A folder hash has 64 lower-case hexadecimal digits.", nameof(sha256));

    private byte[]? ReadKey() => SecretFile.ReadIfPresent(_keyFile) is { Length: KeyBytes } key ? key : null;

    private byte[] MakeKey()
    {
        SecretFile.TryCreate(_keyFile, RandomNumberGenerator.GetBytes(KeyBytes)); // another process may have been first; its key counts
        return ReadKey() ?? throw new SecretFileException($"'{_keyFile}' is no key of {KeyBytes} bytes. Restore it from the backup, or remove it together with model-records and decide again.");
    }

    private void CreatePrivateFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder);
        }
        else
        {
            Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}

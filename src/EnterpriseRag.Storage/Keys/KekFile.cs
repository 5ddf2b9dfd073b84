using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Storage.Keys;

/// <summary>
/// The key encryption keys: <c>&lt;Data&gt;/secrets/kek</c>, mode 0600, one line per version: number, space, base64 of 32 bytes.
/// Today there is version 1; rotation adds lines and takes old ones away.
/// </summary>
internal sealed class KekFile(DataOptions data)
{
    public string Path { get; } = data.Sub("secrets/kek");

    /// <summary>Version to key; null when there is no file.</summary>
    /// <exception cref="KeyUnavailableException">The file is readable by others or damaged.</exception>
    public IReadOnlyDictionary<int, byte[]>? Read()
    {
        try
        {
            return SecretFile.ReadIfPresent(Path) is { } bytes ? Parse(bytes) : null;
        }
        catch (SecretFileException e)
        {
            throw new KeyUnavailableException($"The key file is not usable: {e.Message}", e);
        }
    }

    /// <summary>Makes version 1 unless another process was faster; then reads what is there.</summary>
    public IReadOnlyDictionary<int, byte[]> Create()
    {
        var line = $"1 {Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes))}\n";
        SecretFile.TryCreate(Path, Encoding.ASCII.GetBytes(line));
        return Read() ?? throw new KeyUnavailableException($"'{Path}' vanished while it was being made.");
    }

    private Dictionary<int, byte[]> Parse(byte[] bytes)
    {
        var keys = new Dictionary<int, byte[]>();
        foreach (var line in Encoding.ASCII.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split(' ');
            var key = new byte[KeyWrap.KeyBytes];
            if (parts.Length != 2
                || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                || !Convert.TryFromBase64String(parts[1], key, out var written)
                || written != key.Length
                || !keys.TryAdd(version, key))
            {
                throw new KeyUnavailableException($"'{Path}' is damaged (each line: version, space, base64 of {KeyWrap.KeyBytes} bytes). Restore it from its backup.");
            }
        }

        return keys.Count > 0 ? keys : throw new KeyUnavailableException($"'{Path}' is empty. Restore it from its backup.");
    }
}

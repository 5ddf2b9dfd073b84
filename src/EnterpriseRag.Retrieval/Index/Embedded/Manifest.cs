using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>A segment that belongs to the index, with the rows of its versions that are superseded and wait for a merge.</summary>
internal sealed record ManifestSegment(string File, IReadOnlyList<int> Dead);

/// <summary>
/// The one file that says which segments are the index; replaced atomically, so that a crash leaves the old or the new state.
/// One line of JSON and one line with its SHA-256.
/// </summary>
internal sealed record Manifest(
    int Format,
    long Generation,
    long NextSegment,
    int Dimensions,
    string EmbeddingModelSha256,
    int AnalyserVersion,
    IReadOnlyList<ManifestSegment> Segments)
{
    public const string FileName = "MANIFEST";
    public const int CurrentFormat = 1;

    /// <summary>Names this state of the index in the ledger: generation and the first 16 digits of the manifest's hash.</summary>
    [JsonIgnore]
    public string Name { get; private init; } = "";

    public void Save(string directory, DurableFiles files)
    {
        var (json, hash) = Render();
        files.WriteAtomically(Path.Combine(directory, FileName), stream => stream.Write(Encoding.UTF8.GetBytes(json + "\n" + hash + "\n")));
        files.FlushDirectory(directory);
    }

    public Manifest Named() => this with { Name = string.Create(CultureInfo.InvariantCulture, $"{Generation}-{Render().Hash[..16]}") };

    /// <summary>Null when the folder holds no manifest.</summary>
    /// <exception cref="IndexCorruptException">The manifest is not as it was written.</exception>
    public static Manifest? Load(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        var lines = File.ReadAllText(path).Split('\n');
        if (lines.Length != 3 || !string.Equals(lines[1], Hash(lines[0]), StringComparison.Ordinal))
        {
            throw new IndexCorruptException("The manifest of the index is not intact.");
        }

        try
        {
            var manifest = JsonSerializer.Deserialize(lines[0], ManifestJson.Default.Manifest);
            return manifest is { Format: CurrentFormat } ? manifest.Named() : throw new IndexCorruptException("The manifest of the index has a format this version does not read.");
        }
        catch (JsonException e)
        {
            throw new IndexCorruptException("The manifest of the index cannot be read.", e);
        }
    }

    private (string Json, string Hash) Render()
    {
        var json = JsonSerializer.Serialize(this, ManifestJson.Default.Manifest);
        return (json, Hash(json));
    }

    private static string Hash(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;

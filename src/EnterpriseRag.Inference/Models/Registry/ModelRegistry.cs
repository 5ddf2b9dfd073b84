using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>What a folder says about itself, without a look at its weights: enough to choose by, nothing to rely on.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Sha256">SHA-256 of its SHA256SUMS.</param>
/// <param name="Task">As in <see cref="ModelCard.Task"/>.</param>
/// <param name="SourceSha256">Of the published file it was imported from, if any.</param>
public sealed record ModelSummary(string Path, string Sha256, string Task, string? SourceSha256);

/// <summary>The model folders below a directory. Looks at names, lists and dates only; <see cref="ModelFolder.Open"/> verifies.</summary>
public static class ModelRegistry
{
    // Far above any list or card that an import writes.
    private const int MaxPaperBytes = 4 << 20;

    /// <summary>Folders with a SHA256SUMS, by name. Folders whose name begins with a dot are unfinished imports and are left out.</summary>
    public static IReadOnlyList<string> List(string directory) => !Directory.Exists(directory)
        ? []
        : [.. Directory.EnumerateDirectories(directory)
            .Where(path => !Path.GetFileName(path).StartsWith('.') && File.Exists(Path.Combine(path, ChecksumList.FileName)))
            .Order(StringComparer.Ordinal)];

    /// <summary>The same folders, the one with the newest list of checksums (written last by an import) first.</summary>
    public static IReadOnlyList<string> NewestFirst(string directory) =>
        [.. List(directory).OrderByDescending(path => File.GetLastWriteTimeUtc(Path.Combine(path, ChecksumList.FileName)))];

    /// <summary>Null when the folder has no readable list.</summary>
    public static ModelSummary? Summarise(string path)
    {
        try
        {
            var list = ReadPaper(Path.Combine(path, ChecksumList.FileName));
            var files = ChecksumList.Parse(Encoding.UTF8.GetString(list), path).Keys.ToHashSet(StringComparer.Ordinal);
            var card = files.Contains(ModelCard.FileName) ? ModelCard.Parse(ReadPaper(Path.Combine(path, ModelCard.FileName))) : null;
            return new ModelSummary(path, Convert.ToHexStringLower(SHA256.HashData(list)), card?.Task ?? ReadmeCard.TaskOf(files), card?.Source?.Sha256);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ModelFolderException or JsonException)
        {
            return null; // 'rag models verify' says what is wrong with it
        }
    }

    private static byte[] ReadPaper(string path) =>
        new FileInfo(path).Length <= MaxPaperBytes ? File.ReadAllBytes(path) : throw new ModelFolderException($"{path} is too long for what it is.");
}

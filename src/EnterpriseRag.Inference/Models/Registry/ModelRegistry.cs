namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>The model folders below a directory. Looks at names and dates only; <see cref="ModelFolder.Open"/> verifies.</summary>
public static class ModelRegistry
{
    /// <summary>Folders with a SHA256SUMS, by name. Folders whose name begins with a dot are unfinished imports and are left out.</summary>
    public static IReadOnlyList<string> List(string directory) => !Directory.Exists(directory)
        ? []
        : [.. Directory.EnumerateDirectories(directory)
            .Where(path => !Path.GetFileName(path).StartsWith('.') && File.Exists(Path.Combine(path, ChecksumList.FileName)))
            .Order(StringComparer.Ordinal)];

    /// <summary>The folder with the newest list of checksums (written last by an import); null when there is none.</summary>
    public static string? Newest(string directory) => List(directory).MaxBy(path => File.GetLastWriteTimeUtc(Path.Combine(path, ChecksumList.FileName)));
}

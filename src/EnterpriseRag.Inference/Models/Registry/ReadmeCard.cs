namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>Derives a card for a folder without card.json from its files and the two-column table at the head of its README.md.</summary>
internal static class ReadmeCard
{
    public static ModelCard Derive(ModelFolder folder)
    {
        var rows = Table(Path.Combine(folder.Path, "README.md"));
        return new ModelCard
        {
            Name = folder.Name,
            Task = TaskOf(folder.Files.ToHashSet(StringComparer.Ordinal)),
            Licence = rows.GetValueOrDefault("licence")?.Split(' ')[0],
            Origin = rows.GetValueOrDefault("origin"),
            Approval = ModelApproval.Unreviewed,
        };
    }

    /// <summary>By the files that a folder of each kind must have.</summary>
    public static string TaskOf(IReadOnlySet<string> files) => files switch
    {
        _ when files.Contains("genai_config.json") => "generation",
        _ when files.Contains("modules.json") => "embedding",
        _ when files.Contains("langid.bin.gz") => "language-identification",
        _ when files.Any(static file => file.EndsWith(".gguf", StringComparison.Ordinal)) => "source",
        _ => "unknown",
    };

    private static Dictionary<string, string> Table(string readme)
    {
        var rows = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in File.Exists(readme) ? File.ReadLines(readme) : [])
        {
            if (line.Split('|', StringSplitOptions.TrimEntries) is ["", { Length: > 0 } key, { Length: > 0 } value, ""])
            {
                rows.TryAdd(key, value);
            }
        }

        return rows;
    }
}

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
            Task = TaskOf(folder),
            Licence = rows.GetValueOrDefault("licence")?.Split(' ')[0],
            Origin = rows.GetValueOrDefault("origin"),
            Approval = ModelApproval.Unreviewed,
        };
    }

    private static string TaskOf(ModelFolder folder) => folder switch
    {
        _ when folder.Has("genai_config.json") => "generation",
        _ when folder.Has("modules.json") => "embedding",
        _ when folder.Has("langid.bin.gz") => "language-identification",
        _ when folder.Files.Any(file => file.EndsWith(".gguf", StringComparison.Ordinal)) => "source",
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

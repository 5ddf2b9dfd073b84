using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Cli.Commands;

/// <summary>One model folder, read whole: its hash, card and standing, or why it must not be used.</summary>
internal sealed record InspectedModel(string Folder, string Name, string? Sha256, ModelCard? Card, ModelStanding? Decision, bool MayLoad, string? Problem)
{
    public static InspectedModel Of(string path, ModelApprovals approvals, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        try
        {
            var folder = ModelFolder.Open(path, cancellationToken);
            var standing = approvals.StandingOf(folder.Sha256);
            return new InspectedModel(folder.Path, folder.Name, folder.Sha256, approvals.CardOf(folder), standing, standing.MayLoad, standing.Problem);
        }
        catch (ModelFolderException e)
        {
            return new InspectedModel(Path.GetFullPath(path), name, null, null, null, MayLoad: false, e.Message);
        }
    }

    /// <summary>The folders of the installation: those in the box, then the imported ones.</summary>
    public static IReadOnlyList<string> FoldersOf(InstallationSettings settings)
    {
        var inTheBox = Path.GetDirectoryName(settings.Models.Embedding) ?? throw new CommandFailedException(ExitCode.Usage, "Models:Embedding names no folder.");
        return [.. ModelRegistry.List(inTheBox), .. ModelRegistry.List(settings.Models.Imported)];
    }

    /// <summary>The folder that a person means: a path, else a name among the imported folders and those in the box.</summary>
    public static string Find(string model, InstallationSettings settings)
    {
        if (Directory.Exists(model))
        {
            return Path.GetFullPath(model);
        }

        var folders = FoldersOf(settings);
        return folders.LastOrDefault(path => string.Equals(Path.GetFileName(path), model, StringComparison.Ordinal))
            ?? throw new CommandFailedException(ExitCode.NotFound, $"There is no model '{model}'. Models are: {string.Join(", ", folders.Select(Path.GetFileName).Distinct(StringComparer.Ordinal))}.");
    }
}

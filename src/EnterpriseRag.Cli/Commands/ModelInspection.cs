using EnterpriseRag.Cli.Settings;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Cli.Commands;

/// <summary>One model folder, read whole: its hash and card, or why it must not be used.</summary>
internal sealed record InspectedModel(string Folder, string Name, string? Sha256, ModelCard? Card, string? Problem)
{
    public static InspectedModel Of(string path, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        try
        {
            var folder = ModelFolder.Open(path, cancellationToken);
            return new InspectedModel(folder.Path, folder.Name, folder.Sha256, ModelCard.Read(folder), null);
        }
        catch (ModelFolderException e)
        {
            return new InspectedModel(Path.GetFullPath(path), name, null, null, e.Message);
        }
    }

    /// <summary>The folders of the installation: those in the box, then the imported ones.</summary>
    public static IReadOnlyList<string> FoldersOf(InstallationSettings settings)
    {
        var inTheBox = Path.GetDirectoryName(settings.Models.Embedding) ?? throw new CommandFailedException(ExitCode.Usage, "Models:Embedding names no folder.");
        return [.. ModelRegistry.List(inTheBox), .. ModelRegistry.List(settings.Models.Imported)];
    }
}

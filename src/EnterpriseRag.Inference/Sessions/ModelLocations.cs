using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Models.Registry;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Sessions;

/// <summary>Turns the Models settings into folders. Looks at the disk at each call; what it names may still fail to verify.</summary>
public sealed class ModelLocations(IOptions<ModelOptions> models, IOptions<DataOptions> data)
{
    private const string InTheBox = "deploy/models";

    public string Embedding => models.Value.Embedding is { Length: > 0 } path ? Path.GetFullPath(path) : Path.Combine(Directory, "multilingual-e5-small");

    public string LanguageId => models.Value.LanguageId is { Length: > 0 } path ? Path.GetFullPath(path) : Path.Combine(Directory, "langid");

    /// <summary>Where imported models go: models in the data directory.</summary>
    public string Imported => data.Value.Sub("models");

    /// <summary>
    /// Folders that may hold the language model, the one to try first in front: the configured one alone, or the imported language models, newest first.
    /// </summary>
    public IReadOnlyList<ModelSummary> GenerationCandidates => models.Value.Generation is { Length: > 0 } path
        ? [ModelRegistry.Summarise(Path.GetFullPath(path)) ?? new ModelSummary(Path.GetFullPath(path), new string('0', 64), "unknown", null)]
        : [.. ModelRegistry.NewestFirst(Imported).Select(ModelRegistry.Summarise).OfType<ModelSummary>().Where(static m => string.Equals(m.Task, "generation", StringComparison.Ordinal))];

    /// <summary>The language model that a start would serve: the first whose bytes are approved; null when none is.</summary>
    public string? GenerationInUse(ModelApprovals approvals) => GenerationCandidates.FirstOrDefault(m => approvals.StandingOf(m.Sha256).MayLoad)?.Path;

    /// <summary>Folder of the models in the box.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none, and none is configured.</exception>
    public string Directory
    {
        get
        {
            if (models.Value.Directory is { Length: > 0 } path)
            {
                return Path.GetFullPath(path);
            }

            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                string candidate = Path.Combine(folder.FullName, InTheBox);
                if (System.IO.Directory.Exists(candidate))
                {
                    return candidate;
                }
            }

            throw new DirectoryNotFoundException($"No {InTheBox} above {AppContext.BaseDirectory}: set Models:Directory to the folder with the models in the box.");
        }
    }
}

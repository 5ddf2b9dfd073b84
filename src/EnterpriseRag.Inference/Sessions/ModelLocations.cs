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

    /// <summary>Null when no language model is installed.</summary>
    public string? Generation
    {
        get
        {
            if (models.Value.Generation is { Length: > 0 } path)
            {
                return Path.GetFullPath(path);
            }

            return ModelRegistry.Newest(Imported);
        }
    }

    private string Directory
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

using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Models.Check;

/// <summary>
/// Runs a model folder on golden inputs and compares, without a question being asked or answered: works on folders that nobody approved and, where a folder has no
/// list of checksums at all, on that too.
/// </summary>
public static class ModelCheck
{
    /// <summary>True when the folder has no list of checksums: its files are then taken as they are.</summary>
    public static bool IsUnlisted(string path) => Directory.Exists(path) && !File.Exists(Path.Combine(path, ChecksumList.FileName));

    /// <inheritdoc cref="Run(string, string, string?, CancellationToken)"/>
    public static ModelCheckResult Run(string path, string goldenPath, CancellationToken cancellationToken) => Run(path, goldenPath, adapterPath: null, cancellationToken);

    /// <param name="path">The model folder. A list of checksums is verified where there is one.</param>
    /// <param name="goldenPath">File of golden outputs.</param>
    /// <param name="adapterPath">Folder of an adapter for the model, imported or as PEFT saved it; null = the model alone.</param>
    /// <param name="cancellationToken">Ends the check between two cases.</param>
    /// <exception cref="ModelFolderException">The folder is damaged or of a kind that does not run here.</exception>
    /// <exception cref="GoldenFileException">The golden file cannot be used, or belongs to another model.</exception>
    /// <exception cref="Import.ModelImportException">The adapter does not fit the model, or is not plain LoRA.</exception>
    public static ModelCheckResult Run(string path, string goldenPath, string? adapterPath, CancellationToken cancellationToken)
    {
        var cases = GoldenFile.Read(goldenPath);
        var folder = IsUnlisted(path) ? ModelFolder.OpenUnlisted(path) : ModelFolder.Open(path, cancellationToken);
        var runtime = new InferenceRuntime(Options.Create(new RuntimeOptions()), NullLogger<InferenceRuntime>.Instance);
        var totals = new CheckTotals();
        if (folder.Has("modules.json"))
        {
            if (adapterPath is not null)
            {
                throw new ModelFolderException("Encoders take no adapters.");
            }

            new EncoderCheck(folder, runtime).Run(cases, totals, cancellationToken);
        }
        else
        {
            new DecoderCheck(folder, runtime, adapterPath).Run(cases, totals, cancellationToken);
        }

        return totals.Result(cases.Count);
    }
}

using EnterpriseRag.Inference.Models.Import.Folder;
using EnterpriseRag.Inference.Models.Import.Sources;
using EnterpriseRag.Inference.Models.Import.Weights;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Inference.Models.Import;

/// <summary>
/// Makes a model folder (ONNX Runtime GenAI form) from a published GGUF file or Hugging Face folder, which stays as it is. Deterministic: the same source, options
/// and importer version give the same bytes. Stateless and thread-safe; uses up to eight threads and some 20 MB for each, whatever the source's size.
/// </summary>
public static class ModelImporter
{
    /// <summary>Raised whenever the written folder changes: part of the key under which an import is recognised.</summary>
    public const string ImporterVersion = "2";

    // Each holds some 20 MB; beyond eight the disk is what one waits for.
    private static readonly int s_threads = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>
    /// The folder at <paramref name="outFolder"/> when it is exactly this import (same source bytes, options and importer version) and every
    /// file of it verifies; null when nothing is there or it is something else.
    /// </summary>
    /// <exception cref="ModelImportException">The source cannot be read.</exception>
    public static ModelFolder? FindExisting(string source, string outFolder, ModelImportOptions options, CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(outFolder))
        {
            return null;
        }

        try
        {
            var folder = ModelFolder.Open(outFolder, cancellationToken);
            if (!folder.Has(ModelCard.FileName))
            {
                return null;
            }

            using var opened = ModelSource.Open(source);
            return IsImportOf(ModelCard.Read(folder), opened.Hash(done: null, cancellationToken), options) ? folder : null;
        }
        catch (ModelFolderException)
        {
            return null; // damaged or foreign: the caller imports again, and is told then if the place is taken
        }
    }

    /// <summary>
    /// Imports a model. A refused one leaves nothing behind, nor does cancellation: the folder appears complete or not at all. A folder of the
    /// same source made by another importer version or with other options is replaced; any other folder only with
    /// <see cref="ModelImportOptions.Replace"/>.
    /// </summary>
    /// <exception cref="ModelImportException">The file is damaged, hostile or not supported, or the target cannot be written; the message says what to do.</exception>
    public static async Task<ModelFolder> ImportAsync(string source, string outFolder, ModelImportOptions options, IProgress<ModelImportProgress>? progress, CancellationToken cancellationToken)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outFolder));
        using var opened = ModelSource.Open(source);
        var plan = opened.Plan(options);
        var stamp = opened.Stamp();
        var sha256 = Hash(opened, progress, cancellationToken);
        RefuseForeignTarget(target, sha256, options);

        using var folder = ImportFolder.Create(target, plan.Graph.Data.Length);
        try
        {
            var losses = await WriteWeightsAsync(plan.Graph.Data, folder, progress, cancellationToken);
            var total = plan.Graph.Data.Length;
            progress?.Report(new ModelImportProgress("Writing to disk", 0, total));
            folder.CompleteData(done => progress?.Report(new ModelImportProgress("Writing to disk", done, total)), cancellationToken);
            folder.Write("model.onnx", plan.Graph.Serialize());
            foreach (var file in plan.Files)
            {
                folder.Write(file.Name, file.Bytes);
            }

            folder.Write(ModelCard.FileName, ImportCard.Make(Path.GetFileName(target), opened, sha256, plan, options, losses).ToJson());
            if (!string.Equals(opened.Stamp(), stamp, StringComparison.Ordinal))
            {
                throw new ModelImportException($"{opened.Name} changed while it was imported. Wait until its download is complete, then import it again.");
            }

            cancellationToken.ThrowIfCancellationRequested();
            folder.Publish();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelImportException($"The folder {target} cannot be written: {e.Message}", e);
        }

        return ModelFolder.Open(target, cancellationToken);
    }

    private static bool IsImportOf(ModelCard card, string sha256, ModelImportOptions options) =>
        string.Equals(card.Source?.Sha256, sha256, StringComparison.Ordinal)
        && string.Equals(card.Importer?.Version, ImporterVersion, StringComparison.Ordinal)
        && string.Equals(card.Importer?.Options, options.Canonical, StringComparison.Ordinal);

    private static void RefuseForeignTarget(string target, string sha256, ModelImportOptions options)
    {
        if (File.Exists(target))
        {
            throw new ModelImportException($"{target} is a file. Name a folder with --out.");
        }

        if (options.Replace || !Directory.Exists(target) || !Directory.EnumerateFileSystemEntries(target).Any())
        {
            return;
        }

        try
        {
            // Only the card is asked: a damaged import of the same source may be replaced by a good one.
            if (string.Equals(ModelCard.Parse(File.ReadAllBytes(Path.Combine(target, ModelCard.FileName))).Source?.Sha256, sha256, StringComparison.Ordinal))
            {
                return;
            }
        }
        catch (Exception e) when (e is IOException or System.Text.Json.JsonException)
        {
            // no card: not an import
        }

        throw new ModelImportException($"{target} holds something else. Name another folder with --out, or replace it with --force.");
    }

    private static async Task<IReadOnlyList<(string Name, RoundingLoss Loss)>> WriteWeightsAsync(ExternalData data, ImportFolder folder, IProgress<ModelImportProgress>? progress, CancellationToken cancellationToken)
    {
        var total = data.Jobs.Sum(job => job.Work);
        long done = 0;
        var losses = new (string Name, RoundingLoss Loss)[data.Jobs.Count];
        var jobs = data.Jobs.Select((job, index) => (Job: job, Index: index)).OrderByDescending(item => item.Job.Work);
        await Parallel.ForEachAsync(
            jobs,
            new ParallelOptions { MaxDegreeOfParallelism = s_threads, CancellationToken = cancellationToken },
            (item, token) =>
            {
                try
                {
                    losses[item.Index] = (item.Job.Name, item.Job.Write(folder.Data, token));
                }
                catch (ModelImportException e)
                {
                    throw new ModelImportException($"Tensor '{item.Job.Name}' {e.Message}. Take another file of the model.", e);
                }

                progress?.Report(new ModelImportProgress("Converting weights", Interlocked.Add(ref done, item.Job.Work), total));
                return ValueTask.CompletedTask;
            });
        return losses;
    }

    private static string Hash(ModelSource source, IProgress<ModelImportProgress>? progress, CancellationToken cancellationToken)
    {
        const string Stage = "Verifying the source";
        var total = source.Bytes;
        progress?.Report(new ModelImportProgress(Stage, 0, total));
        return source.Hash(done => progress?.Report(new ModelImportProgress(Stage, done, total)), cancellationToken);
    }
}

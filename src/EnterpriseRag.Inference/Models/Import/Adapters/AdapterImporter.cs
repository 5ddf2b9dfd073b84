using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.Folder;
using EnterpriseRag.Inference.Models.Import.HuggingFace;
using EnterpriseRag.Inference.Models.Registry;

namespace EnterpriseRag.Inference.Models.Import.Adapters;

/// <summary>Makes an adapter folder for an imported model, with a card, checksums and a decision of its own like any model.</summary>
public static class AdapterImporter
{
    /// <summary>Name of a file of the library's own form in an adapter folder.</summary>
    internal const string OnnxAdapterName = "adapter.onnx_adapter";

    private const string Extension = ".onnx_adapter";
    private const long MaxBytes = 2_000_000_000;

    /// <summary>True for a PEFT folder and for an .onnx_adapter file.</summary>
    public static bool IsAdapter(string source) => PeftAdapter.Is(source) || (File.Exists(source) && source.EndsWith(Extension, StringComparison.OrdinalIgnoreCase));

    /// <param name="source">A PEFT folder or an .onnx_adapter file; stays as it is.</param>
    /// <param name="baseFolder">The imported model that it is for.</param>
    /// <param name="outFolder">The folder to make.</param>
    /// <param name="replace">Whether another folder there is replaced.</param>
    /// <param name="cancellationToken">Leaves nothing behind.</param>
    /// <exception cref="ModelImportException">Damaged, not plain LoRA, or made for another model; or the target cannot be written.</exception>
    /// <exception cref="ModelFolderException">The base is damaged.</exception>
    public static ModelFolder Import(string source, string baseFolder, string outFolder, bool replace, CancellationToken cancellationToken)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(outFolder));
        if (!replace && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
        {
            throw new ModelImportException($"{target} exists. Name another folder with --out, or replace it with --force.");
        }

        var model = ModelFolder.Open(baseFolder, cancellationToken);
        try
        {
            var (name, bytes) = PeftAdapter.Is(source) ? (AdapterWeights.FileName, PeftAdapter.Read(source, SlotsOf(model)).ToSafetensors()) : (OnnxAdapterName, Read(source, model));
            using var folder = ImportFolder.Create(target, bytes.LongLength, name);
            RandomAccess.Write(folder.Data, bytes, 0);
            folder.CompleteData(done: null, cancellationToken);
            folder.Write(ModelCard.FileName, CardOf(source, Path.GetFileName(target), model).ToJson());
            folder.Publish();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelImportException($"{source} cannot be read, or {target} not be written: {e.Message}", e);
        }

        return ModelFolder.Open(target, cancellationToken);
    }

    /// <exception cref="ModelImportException">The folder was not written by this importer, or before it knew adapters.</exception>
    internal static AdapterSlots SlotsOf(ModelFolder model)
    {
        if (!model.Has(AdapterSlots.FileName))
        {
            throw new ModelImportException($"{model.Path} does not say where adapters fit ({AdapterSlots.FileName}). Import the model again with this version.");
        }

        try
        {
            return AdapterSlots.Parse(File.ReadAllBytes(model.File(AdapterSlots.FileName)));
        }
        catch (JsonException e)
        {
            throw new ModelImportException($"{model.File(AdapterSlots.FileName)} is not a list of slots: {e.Message} Import the model again.", e);
        }
    }

    private static byte[] Read(string file, ModelFolder model)
    {
        var bytes = new FileInfo(file).Length is > 0 and <= MaxBytes ? File.ReadAllBytes(file) : throw new ModelImportException($"{file} is empty or larger than an adapter is.");
        var parameters = OnnxAdapterFile.Read(bytes);
        if (model.Has(AdapterSlots.FileName)) // else: a graph that was exported with slots of its own
        {
            OnnxAdapterFile.RequireFit(parameters, SlotsOf(model));
        }

        return bytes;
    }

    private static ModelCard CardOf(string source, string name, ModelFolder model)
    {
        string[] files = PeftAdapter.Is(source) ? [Path.Combine(source, PeftAdapter.ConfigName), Path.Combine(source, PeftAdapter.WeightsName)] : [source];
        var config = PeftAdapter.Is(source) ? ConfigJson.Read(files[0]) : null;
        var hashes = string.Concat(files.Select(file => $"{ModelFolder.HashFile(file, CancellationToken.None)}  {Path.GetFileName(file)}\n"));
        return new ModelCard
        {
            Name = name,
            Task = "adapter",
            Origin = config?.TextOrNull("base_model_name_or_path") is { Length: > 0 } origin ? $"adapter for {origin}" : null,
            Source = new ModelCardSource(
                Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source))),
                files.Length == 1 ? ModelFolder.HashFile(files[0], CancellationToken.None) : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hashes))),
                files.Sum(file => new FileInfo(file).Length)),
            Importer = new ModelCardImporter(ModelImporter.ImporterVersion, "adapter"),
            Base = new ModelCardBase(model.Name, model.Sha256),
        };
    }
}

using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Adapters;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Generation.Decoding;

/// <summary>An adapter in memory: the tensors that it feeds to its base's slots, or an .onnx_adapter file that the library feeds itself. Dispose it after the plans that use it.</summary>
internal sealed class LoadedAdapter : IDisposable
{
    private readonly LoraAdapterHandle? _file;

    private LoadedAdapter(IReadOnlyList<(string, OrtTensor)> tensors, LoraAdapterHandle? file) => (Tensors, _file) = (tensors, file);

    /// <summary>Inputs of the graph with slots; empty for a file of the library's own form.</summary>
    public IReadOnlyList<(string Name, OrtTensor Tensor)> Tensors { get; }

    /// <summary>An imported adapter's folder.</summary>
    /// <param name="folder">Verified and admitted.</param>
    /// <param name="model">Its base.</param>
    /// <exception cref="ModelFolderException">It was made for another model, or for other bytes of this one.</exception>
    public static LoadedAdapter Open(ModelFolder folder, ModelFolder model)
    {
        ModelCard card = ModelCard.Read(folder);
        if (!string.Equals(card.Task, "adapter", StringComparison.Ordinal) || !string.Equals(card.Base?.Sha256, model.Sha256, StringComparison.Ordinal))
        {
            throw new ModelFolderException($"'{folder.Name}' is no adapter for {model.Name} as it is installed. Import it again with --base {model.Name}.");
        }

        try
        {
            return folder.Has(AdapterImporter.OnnxAdapterName)
                ? OfFile(folder.File(AdapterImporter.OnnxAdapterName))
                : Of(AdapterWeights.Read(folder.Path, AdapterImporter.SlotsOf(model)));
        }
        catch (ModelImportException e)
        {
            throw new ModelFolderException($"The adapter at {folder.Path} cannot be used: {e.Message}", e);
        }
    }

    public static LoadedAdapter Of(AdapterWeights weights)
    {
        var tensors = new List<(string, OrtTensor)>();
        foreach (AdapterProduct product in weights.Products)
        {
            tensors.Add((product.Slot.DownInput, Tensor(product.Down, product.Slot.Inputs, product.Rank)));
            tensors.Add((product.Slot.UpInput, Tensor(product.Up, product.Rank, product.Slot.Outputs)));
        }

        return new LoadedAdapter(tensors, null);
    }

    /// <summary>Puts a file of the library's own form into a plan.</summary>
    public void Prepare(RunPlan plan)
    {
        if (_file is not null)
        {
            plan.Use(_file);
        }
    }

    public void Dispose()
    {
        foreach ((_, OrtTensor tensor) in Tensors)
        {
            tensor.Dispose();
        }

        _file?.Dispose();
    }

    private static LoadedAdapter OfFile(string file)
    {
        OnnxAdapterFile.Read(File.ReadAllBytes(file)); // throws for what the library would not notice
        return new LoadedAdapter([], new LoraAdapterHandle(file));
    }

    private static OrtTensor Tensor(float[] values, long rows, long columns)
    {
        var tensor = new OrtTensor(ElementType.Float, values.Length);
        tensor.Reshape(rows, columns);
        values.CopyTo(tensor.Data<float>());
        return tensor;
    }
}

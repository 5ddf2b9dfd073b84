using System.Text.Json;
using EnterpriseRag.Inference.Models.Import.Sources;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.HuggingFace;

/// <summary>The weights of a folder: one safetensors file, or shards with an index. Reading is thread-safe; owns its open files.</summary>
internal sealed class SafetensorsSet : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private const long MaxIndexBytes = 64 << 20;
    private const int MaxShards = 10_000;

    private static readonly string[] s_pickles = [".bin", ".pt", ".pth", ".ckpt", ".pkl"];

    private readonly List<SafetensorsFile> _files;
    private readonly Dictionary<string, (SafetensorsFile File, SafetensorsTensor Tensor)> _tensors = new(StringComparer.Ordinal);

    private SafetensorsSet(List<SafetensorsFile> files)
    {
        _files = files;
        foreach (var file in files)
        {
            foreach (var tensor in file.Tensors.Values)
            {
                if (!_tensors.TryAdd(tensor.Name, (file, tensor)))
                {
                    throw new ModelImportException($"{file.Name} holds the tensor '{tensor.Name}', and so does another shard. Take the folder from its source again.");
                }
            }
        }
    }

    /// <summary>Names of the files, without their folder.</summary>
    public IEnumerable<string> FileNames => _files.Select(file => file.Name);

    public IEnumerable<SafetensorsTensor> Tensors => _tensors.Values.Select(entry => entry.Tensor);

    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>A vector or matrix; null when there is none of this name.</summary>
    /// <exception cref="ModelImportException">Of a type or number of dimensions that is not read.</exception>
    public SourceTensor? Find(string name) => _tensors.TryGetValue(name, out var entry) ? new SafetensorsSourceTensor(entry.File, entry.Tensor) : null;

    /// <summary>The weights of a model folder.</summary>
    /// <exception cref="ModelImportException">None there, only pickle files, a shard missing, or a file that is damaged.</exception>
    public static SafetensorsSet Open(string folder)
    {
        if (File.Exists(Path.Combine(folder, Index)))
        {
            return OpenShards(folder);
        }

        if (File.Exists(Path.Combine(folder, Single)))
        {
            return Of(folder, [Single]);
        }

        if (Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal).FirstOrDefault(name => s_pickles.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase)) is { } pickle)
        {
            throw new ModelImportException($"{folder} has its weights as {pickle}, a pickle file: reading one runs code that it carries. Take the model as safetensors.");
        }

        throw new ModelImportException($"{folder} has neither {Single} nor {Index}. Take a complete folder of the model.");
    }

    /// <summary>The files of these names, in this order; closes what it opened when one is refused.</summary>
    public static SafetensorsSet Of(string folder, IEnumerable<string> names)
    {
        var files = new List<SafetensorsFile>();
        try
        {
            foreach (var name in names)
            {
                files.Add(SafetensorsFile.Open(Path.Combine(folder, name)));
            }

            return new SafetensorsSet(files);
        }
        catch
        {
            files.ForEach(file => file.Dispose());
            throw;
        }
    }

    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static SafetensorsSet OpenShards(string folder)
    {
        var map = ReadIndex(Path.Combine(folder, Index));
        var set = Of(folder, map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        foreach (var (tensor, shard) in map)
        {
            if (!set._tensors.TryGetValue(tensor, out var entry) || !string.Equals(entry.File.Name, shard, StringComparison.Ordinal))
            {
                set.Dispose();
                throw new ModelImportException($"{Index} says that '{tensor}' is in {shard}, where it is not. Take the folder from its source again.");
            }
        }

        return set;
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            if (PlainFile.Info(path).Length > MaxIndexBytes)
            {
                throw new ModelImportException($"{Index} is larger than any index is. Take the folder from its source again.");
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var map = document.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(entry => entry.Name, entry => Shard(entry.Value.GetString() ?? ""), StringComparer.Ordinal);
            return map.Count > 0 && map.Values.Distinct(StringComparer.Ordinal).Count() <= MaxShards
                ? map
                : throw new ModelImportException($"{Index} names no shard, or too many. Take the folder from its source again.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ModelImportException($"{Index} is not an index of shards: {e.Message} Take the folder from its source again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelImportException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A file of this folder, and safetensors: the index may come from a stranger.</summary>
    private static string Shard(string name) =>
        name.EndsWith(".safetensors", StringComparison.Ordinal) && name.AsSpan().IndexOfAny('/', '\\', '\0') < 0
            ? name
            : throw new ModelImportException($"{Index} names the shard '{name}', which is not a safetensors file of this folder. Do not use this folder.");
}

using System.Globalization;
using System.Text.RegularExpressions;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>A GGUF model: one file, or all parts of a split one (name-00001-of-00003.gguf …), of which the first holds the metadata. Owns its open files.</summary>
internal sealed partial class GgufModel : IDisposable
{
    private readonly List<GgufFile> _parts;
    private readonly Dictionary<string, (GgufFile Part, GgufTensor Tensor)> _tensors = new(StringComparer.Ordinal);

    private GgufModel(List<GgufFile> parts, IReadOnlyList<string> paths)
    {
        _parts = parts;
        Paths = paths;
        foreach (var part in parts)
        {
            foreach (var tensor in part.Tensors.Values)
            {
                if (!_tensors.TryAdd(tensor.Name, (part, tensor)))
                {
                    throw new ModelImportException($"{part.Name} holds the tensor '{tensor.Name}', and so does another part. Take all parts of one model from one place.");
                }
            }
        }
    }

    /// <summary>File name of the first part.</summary>
    public string Name => _parts[0].Name;

    public IReadOnlyList<string> Paths { get; }

    public GgufFile First => _parts[0];

    public GgufMetadata Metadata => _parts[0].Metadata;

    public IEnumerable<GgufTensor> Tensors => _tensors.Values.Select(entry => entry.Tensor);

    public bool Has(string tensor) => _tensors.ContainsKey(tensor);

    public SourceTensor? Find(string tensor) => _tensors.TryGetValue(tensor, out var entry) ? new GgufSourceTensor(entry.Part, entry.Tensor) : null;

    /// <param name="path">The file, or any part of a split one.</param>
    /// <exception cref="ModelImportException">Damaged, hostile, or a part is missing.</exception>
    public static GgufModel Open(string path)
    {
        path = Path.GetFullPath(path);
        var first = GgufFile.Open(path);
        try
        {
            var count = first.Metadata.Number("split.count", 0, 99_999, absent: 0);
            if (count <= 1)
            {
                return new GgufModel([first], [path]);
            }
        }
        catch
        {
            first.Dispose();
            throw;
        }

        first.Dispose();
        return OpenParts(path);
    }

    public void Dispose() => _parts.ForEach(part => part.Dispose());

    private static GgufModel OpenParts(string path)
    {
        var name = Path.GetFileName(path);
        var match = PartName().Match(name);
        if (!match.Success)
        {
            throw new ModelImportException($"{name} is one part of a split file but is not named like one (name-00001-of-00003.gguf). Give all parts their published names.");
        }

        var count = int.Parse(match.Groups["count"].ValueSpan, CultureInfo.InvariantCulture);
        var paths = Enumerable.Range(1, count).Select(i => Path.Combine(Path.GetDirectoryName(path) ?? "", string.Create(CultureInfo.InvariantCulture, $"{match.Groups["stem"].Value}-{i:D5}-of-{count:D5}.gguf"))).ToList();
        if (paths.FirstOrDefault(part => !File.Exists(part)) is { } missing)
        {
            throw new ModelImportException($"{name} is one part of a split file; {Path.GetFileName(missing)} is not beside it. Take all parts of the model.");
        }

        var parts = new List<GgufFile>();
        try
        {
            foreach (var part in paths)
            {
                parts.Add(GgufFile.Open(part));
                var keys = parts[^1].Metadata;
                if (keys.Number("split.no", 0, count - 1) != parts.Count - 1 || keys.Number("split.count", 1, 99_999) != count)
                {
                    throw new ModelImportException($"{parts[^1].Name} says that it is another part than its name says. Take all parts of one model from one place.");
                }
            }

            var model = new GgufModel(parts, paths);
            return model.Metadata.Number("split.tensors.count", 0, int.MaxValue) == model._tensors.Count
                ? model
                : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"The parts of {name} hold {model._tensors.Count} tensors where the first announces another number. Take all parts of one model from one place."));
        }
        catch
        {
            parts.ForEach(part => part.Dispose());
            throw;
        }
    }

    [GeneratedRegex(@"^(?<stem>.+)-(?<no>\d{5})-of-(?<count>\d{5})\.gguf$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PartName();
}

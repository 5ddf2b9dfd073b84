using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>
/// Hands a recipe its tensors by name and shape, and knows at the end which ones nobody took: a tensor that a recipe ignores is a model
/// that it does not compute.
/// </summary>
internal sealed class GgufTensorSet(GgufFile file)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public bool Has(string name) => file.Tensors.ContainsKey(name);

    /// <param name="name">Name in the file.</param>
    /// <param name="rows">Expected rows; null = any.</param>
    /// <param name="columns">Expected values of a row.</param>
    /// <exception cref="ModelImportException">Absent or of another shape.</exception>
    public SourceTensor Matrix(string name, int? rows, int columns)
    {
        if (!file.Tensors.TryGetValue(name, out var tensor))
        {
            throw new ModelImportException($"{file.Name} has no tensor '{name}', which its architecture needs. Take a complete file of the model.");
        }

        var source = new GgufSourceTensor(file, tensor);
        if (source.Columns != columns || (rows is not null && source.Rows != rows))
        {
            throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"Tensor '{name}' has {source.Rows} rows of {source.Columns} values where the metadata says {rows?.ToString(CultureInfo.InvariantCulture) ?? "any number"} of {columns}. The file is damaged, or of a kind that this importer does not know."));
        }

        _taken.Add(name);
        return source;
    }

    public SourceTensor Vector(string name, int length) => Matrix(name, 1, length);

    public SourceTensor? VectorOrNull(string name, int length) => Has(name) ? Vector(name, length) : null;

    /// <summary>Says that the recipe needs nothing of this tensor.</summary>
    public void Ignore(string name) => _taken.Add(name);

    public void RefuseUnused()
    {
        if (file.Tensors.Keys.Where(name => !_taken.Contains(name)).Order(StringComparer.Ordinal).FirstOrDefault() is { } unused)
        {
            throw new ModelImportException($"{file.Name} has a tensor '{unused}' that the recipe of its architecture does not use: the model would compute something else. This kind of model is not supported.");
        }
    }
}

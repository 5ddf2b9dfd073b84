using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>
/// Hands a recipe its tensors by the importer's own names (GGUF's: blk.0.attn_q.weight) and shape, whatever file they lie in, and knows at the end which ones
/// nobody took: a tensor that a recipe ignores is a model that it does not compute.
/// </summary>
internal abstract class TensorSet(string source)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public bool Has(string name) => StoredName(name) is not null;

    /// <param name="name">The importer's name.</param>
    /// <param name="rows">Expected rows; null = any.</param>
    /// <param name="columns">Expected values of a row.</param>
    /// <exception cref="ModelImportException">Absent or of another shape.</exception>
    public SourceTensor Matrix(string name, int? rows, int columns)
    {
        if (StoredName(name) is not { } stored || Find(stored) is not { } tensor)
        {
            throw new ModelImportException($"{source} has no tensor '{PublishedName(name)}', which its architecture needs. Take a complete copy of the model.");
        }

        if (tensor.Columns != columns || (rows is not null && tensor.Rows != rows))
        {
            throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"Tensor '{stored}' has {tensor.Rows} rows of {tensor.Columns} values where the metadata says {rows?.ToString(CultureInfo.InvariantCulture) ?? "any number"} of {columns}. The file is damaged, or of a kind that this importer does not know."));
        }

        _taken.Add(stored);
        return tensor;
    }

    public SourceTensor Vector(string name, int length) => Matrix(name, 1, length);

    public SourceTensor? VectorOrNull(string name, int length) => Has(name) ? Vector(name, length) : null;

    /// <summary>The weight of one expert: a tensor of its own, or a slice of a stack.</summary>
    public abstract RowSection Expert(string name, int expert, int experts, int rows, int columns);

    /// <summary>A small vector's values.</summary>
    public double[] Values(string name, int length)
    {
        var vector = Vector(name, length);
        var packed = new byte[vector.RowBytes];
        var values = new float[length];
        vector.ReadRows(0, packed);
        vector.Format.Decode(packed, values);
        return Array.ConvertAll(values, value => (double)value);
    }

    /// <summary>Says that the recipe needs nothing of this tensor.</summary>
    public void Ignore(string name)
    {
        if (StoredName(name) is { } stored)
        {
            _taken.Add(stored);
        }
    }

    public void RefuseUnused()
    {
        if (StoredNames.Where(name => !_taken.Contains(name) && !IsPassedOver(name)).Order(StringComparer.Ordinal).FirstOrDefault() is { } unused)
        {
            throw new ModelImportException($"{source} has a tensor '{unused}' that the recipe of its architecture does not use: the model would compute something else. This kind of model is not supported.");
        }
    }

    protected abstract IEnumerable<string> StoredNames { get; }

    /// <summary>The source's own name of a tensor; null when it has none.</summary>
    protected abstract string? StoredName(string name);

    /// <summary>The name under which a complete source would have it, for messages.</summary>
    protected abstract string PublishedName(string name);

    protected abstract SourceTensor? Find(string storedName);

    /// <summary>Buffers that exporters leave in files and no graph needs.</summary>
    protected virtual bool IsPassedOver(string storedName) => false;
}

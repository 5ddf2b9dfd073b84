using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Gguf.Blocks;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.HuggingFace;

/// <summary>A vector or matrix of a safetensors file as rows; the published types F32, F16 and BF16 only.</summary>
internal sealed class SafetensorsSourceTensor : SourceTensor
{
    private readonly SafetensorsFile _file;
    private readonly SafetensorsTensor _tensor;

    /// <exception cref="ModelImportException">Another type or number of dimensions.</exception>
    public SafetensorsSourceTensor(SafetensorsFile file, SafetensorsTensor tensor)
    {
        _file = file;
        _tensor = tensor;
        Format = tensor.Type is "F32" or "F16" or "BF16"
            ? BlockFormats.Named(tensor.Type)
            : throw new ModelImportException($"Tensor '{tensor.Name}' is stored as {tensor.Type}, which this importer does not read. Take the model in F32, F16 or BF16.");
        if (tensor.Shape.Count is not (1 or 2) || tensor.Shape.Contains(0))
        {
            throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"Tensor '{tensor.Name}' has the shape [{string.Join(", ", tensor.Shape)}] where a vector or a matrix is expected. The file is of a kind that this importer does not know."));
        }
    }

    public override string Name => _tensor.Name;

    public override int Rows => _tensor.Shape.Count == 2 ? _tensor.Shape[0] : 1;

    public override int Columns => _tensor.Shape[^1];

    public override BlockFormat Format { get; }

    public override void ReadRows(int firstRow, Span<byte> destination) => _file.Read(_tensor, (long)firstRow * RowBytes, destination);
}

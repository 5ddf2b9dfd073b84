using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Gguf.Blocks;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>A vector or matrix of a GGUF file as rows.</summary>
internal sealed class GgufSourceTensor(GgufFile file, GgufTensor tensor) : SourceTensor
{
    public override string Name => tensor.Name;

    public override int Rows => tensor.Dimensions.Count switch
    {
        1 => 1,
        2 => tensor.Dimensions[1],
        _ => throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"Tensor '{tensor.Name}' has {tensor.Dimensions.Count} dimensions where two are expected. The file is of a kind that this importer does not know.")),
    };

    public override int Columns => tensor.Dimensions[0];

    public override BlockFormat Format => tensor.Format;

    public override void ReadRows(int firstRow, Span<byte> destination) => file.Read(tensor, (long)firstRow * RowBytes, destination);
}

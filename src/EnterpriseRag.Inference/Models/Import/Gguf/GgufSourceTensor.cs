using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Gguf.Blocks;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>A vector, matrix or stack of matrices of a GGUF file as rows.</summary>
internal sealed class GgufSourceTensor(GgufFile file, GgufTensor tensor) : SourceTensor
{
    public override string Name => tensor.Name;

    /// <summary>Of a stack of matrices, the rows of all of them.</summary>
    public override int Rows => tensor.Dimensions.Count <= 3
        ? checked(tensor.Dimensions.Skip(1).Aggregate(1, (rows, dimension) => rows * dimension))
        : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"Tensor '{tensor.Name}' has {tensor.Dimensions.Count} dimensions where at most three are expected. The file is of a kind that this importer does not know."));

    public override int Columns => tensor.Dimensions[0];

    public override BlockFormat Format => tensor.Format;

    public override void ReadRows(int firstRow, Span<byte> destination) => file.Read(tensor, (long)firstRow * RowBytes, destination);
}

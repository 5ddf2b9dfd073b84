using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;

namespace EnterpriseRag.Inference.Models.Import.Graphs;

/// <summary>A fixed size or a name for a size that is known at run time.</summary>
internal readonly record struct Dimension(long Size, string? Symbol)
{
    public static implicit operator Dimension(long size) => new(size, null);

    public static implicit operator Dimension(string symbol) => new(0, symbol);

    public TensorShapeProto.Types.Dimension ToProto() => Symbol is null ? new() { DimValue = Size } : new() { DimParam = Symbol };
}

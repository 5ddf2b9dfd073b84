using EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>A float vector as rows of one value, so that a bias can be reordered like the rows of its weight.</summary>
internal sealed class ColumnVector : SourceTensor
{
    private readonly SourceTensor _vector;

    public ColumnVector(SourceTensor vector)
    {
        _vector = vector.Rows == 1 && vector.Format.IsFloat
            ? vector
            : throw new ModelImportException($"Tensor '{vector.Name}' is a bias stored as {vector.Format.Name}; F32, F16 or BF16 is expected. Take another file of the model.");
    }

    public override string Name => _vector.Name;

    public override int Rows => _vector.Columns;

    public override int Columns => 1;

    public override BlockFormat Format => _vector.Format;

    public override void ReadRows(int firstRow, Span<byte> destination)
    {
        // The stored vector is one row; biases are small.
        var row = new byte[_vector.RowBytes];
        _vector.ReadRows(0, row);
        row.AsSpan(firstRow * Format.Bytes, destination.Length).CopyTo(destination);
    }
}

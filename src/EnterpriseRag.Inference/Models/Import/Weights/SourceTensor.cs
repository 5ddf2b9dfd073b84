using EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>A published tensor as rows of packed values, whatever file it lies in. Reading is thread-safe.</summary>
internal abstract class SourceTensor
{
    public abstract string Name { get; }

    /// <summary>1 for a vector.</summary>
    public abstract int Rows { get; }

    /// <summary>Values of a row.</summary>
    public abstract int Columns { get; }

    public abstract BlockFormat Format { get; }

    /// <summary>Bytes of a row.</summary>
    public int RowBytes => checked(Columns / Format.Values * Format.Bytes);

    /// <summary>Reads whole rows until the destination is full.</summary>
    public abstract void ReadRows(int firstRow, Span<byte> destination);
}

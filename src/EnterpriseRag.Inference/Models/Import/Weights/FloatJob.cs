using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>Writes a weight as floats, rows as they are: norms, biases and unquantised embeddings.</summary>
internal sealed class FloatJob(WeightMatrix weight, DataSlot slot) : WriteJob
{
    public override string Name => weight.Name;

    public override long Work => weight.SourceBytes;

    public override RoundingLoss Write(SafeFileHandle file, CancellationToken cancellationToken)
    {
        weight.ForEachChunk(
            (section, firstRow, rows, packed) =>
            {
                var values = rows * weight.Columns;
                var buffer = ArrayPool<float>.Shared.Rent(values);
                try
                {
                    var floats = buffer.AsSpan(0, values);
                    section.Tensor.Format.Decode(packed, floats);
                    RequireFinite(floats);
                    RandomAccess.Write(file, MemoryMarshal.AsBytes(floats), slot.Offset + ((long)firstRow * weight.Columns * sizeof(float)));
                }
                finally
                {
                    ArrayPool<float>.Shared.Return(buffer);
                }
            },
            cancellationToken);
        return default;
    }

    internal static void RequireFinite(ReadOnlySpan<float> values)
    {
        // The sum of magnitudes is finite when each value is (the largest published tensor has 2^31 values of magnitude below 2^10).
        if (!float.IsFinite(TensorPrimitives.SumOfMagnitudes(values)))
        {
            throw new ModelImportException("holds values that are not finite");
        }
    }
}

using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>Writes an unquantised product's weight as [K, N], as MatMul wants it. The one job that holds a whole weight in memory.</summary>
internal sealed class TransposedFloatJob(WeightMatrix weight, DataSlot slot) : WriteJob
{
    public override string Name => weight.Name;

    public override long Work => weight.SourceBytes;

    public override RoundingLoss Write(SafeFileHandle file, CancellationToken cancellationToken)
    {
        if (weight.Values > Array.MaxLength)
        {
            throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"has {weight.Values:N0} values, too many for 32-bit weights; import with 8 bits"));
        }

        var transposed = new float[weight.Values];
        weight.ForEachChunk(
            (section, firstRow, rows, packed) =>
            {
                var buffer = ArrayPool<float>.Shared.Rent(rows * weight.Columns);
                try
                {
                    var floats = buffer.AsSpan(0, rows * weight.Columns);
                    section.Tensor.Format.Decode(packed, floats);
                    FloatJob.RequireFinite(floats);
                    for (var row = 0; row < rows; row++)
                    {
                        for (var column = 0; column < weight.Columns; column++)
                        {
                            transposed[((long)column * weight.Rows) + firstRow + row] = floats[(row * weight.Columns) + column];
                        }
                    }
                }
                finally
                {
                    ArrayPool<float>.Shared.Return(buffer);
                }
            },
            cancellationToken);
        var written = 0;
        while (written < transposed.Length)
        {
            var part = Math.Min(transposed.Length - written, 1 << 20);
            RandomAccess.Write(file, MemoryMarshal.AsBytes(transposed.AsSpan(written, part)), slot.Offset + ((long)written * sizeof(float)));
            written += part;
        }

        return default;
    }
}

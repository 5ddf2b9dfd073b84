using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>
/// Writes an unquantised product's weight as [K, N], as MatMul wants it. Rows are gathered into a strip of bounded size, which goes to the file as one short run
/// of floats a column.
/// </summary>
internal sealed class TransposedFloatJob(WeightMatrix weight, DataSlot slot) : WriteJob
{
    // 16 MB of floats: runs of 4 KB for rows of 4,096 values.
    private const int StripValues = 1 << 22;

    public override string Name => weight.Name;

    public override long Work => weight.SourceBytes;

    public override RoundingLoss Write(SafeFileHandle file, CancellationToken cancellationToken)
    {
        var stripRows = Math.Clamp(StripValues / weight.Columns, 1, weight.Rows);
        var strip = new float[(long)stripRows * weight.Columns];
        var (start, filled) = (0, 0);
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
                        var values = floats.Slice(row * weight.Columns, weight.Columns);
                        for (var column = 0; column < values.Length; column++)
                        {
                            strip[((long)column * stripRows) + filled] = values[column];
                        }

                        if (++filled == stripRows)
                        {
                            Flush(file, strip, stripRows, start, filled);
                            (start, filled) = (start + filled, 0);
                        }
                    }
                }
                finally
                {
                    ArrayPool<float>.Shared.Return(buffer);
                }
            },
            cancellationToken);
        Flush(file, strip, stripRows, start, filled);
        return default;
    }

    private void Flush(SafeFileHandle file, float[] strip, int stripRows, int start, int filled)
    {
        if (filled == weight.Rows)
        {
            // One strip is the whole weight: one run.
            RandomAccess.Write(file, MemoryMarshal.AsBytes(strip.AsSpan()), slot.Offset);
            return;
        }

        for (var column = 0; filled > 0 && column < weight.Columns; column++)
        {
            RandomAccess.Write(file, MemoryMarshal.AsBytes(strip.AsSpan(column * stripRows, filled)), slot.Offset + ((((long)column * weight.Rows) + start) * sizeof(float)));
        }
    }
}

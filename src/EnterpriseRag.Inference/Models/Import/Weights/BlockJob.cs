using System.Buffers;
using System.Runtime.InteropServices;
using EnterpriseRag.Inference.Models.Import.Gguf.Blocks;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>Writes a weight as 8-bit or 4-bit blocks: exactly where the stored grid fits, rounded from the decoded values where not.</summary>
internal sealed class BlockJob(WeightMatrix weight, WeightForm form, DataSlot quants, DataSlot scales) : WriteJob
{
    public WeightForm Form => form;

    private readonly int _quantsPerByte = form == WeightForm.FourBit ? 2 : 1;

    public override string Name => weight.Name;

    public override long Work => weight.SourceBytes;

    public override RoundingLoss Write(SafeFileHandle file, CancellationToken cancellationToken)
    {
        var loss = default(RoundingLoss);
        weight.ForEachChunk(
            (section, firstRow, rows, packed) =>
            {
                var values = rows * weight.Columns;
                var blocks = values / WeightForms.BlockSize;
                var quantBuffer = ArrayPool<byte>.Shared.Rent(values / _quantsPerByte);
                var scaleBuffer = ArrayPool<float>.Shared.Rent(blocks);
                try
                {
                    var q = quantBuffer.AsSpan(0, values / _quantsPerByte);
                    var s = scaleBuffer.AsSpan(0, blocks);
                    loss += Convert(section.Tensor.Format, packed, values, q, s);
                    var firstBlock = (long)firstRow * (weight.Columns / WeightForms.BlockSize);
                    RandomAccess.Write(file, q, quants.Offset + (firstBlock * WeightForms.BlockSize / _quantsPerByte));
                    RandomAccess.Write(file, MemoryMarshal.AsBytes(s), scales.Offset + (firstBlock * sizeof(float)));
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(quantBuffer);
                    ArrayPool<float>.Shared.Return(scaleBuffer);
                }
            },
            cancellationToken);
        return loss;
    }

    private RoundingLoss Convert(BlockFormat format, ReadOnlySpan<byte> packed, int values, Span<byte> q, Span<float> s)
    {
        if (form == WeightForm.EightBit ? format.TryRepackEightBit(packed, q, s) : format.TryRepackFourBit(packed, q, s))
        {
            foreach (var scale in s)
            {
                if (!float.IsFinite(scale))
                {
                    throw new ModelImportException("holds values that are not finite");
                }
            }

            return default;
        }

        var decoded = ArrayPool<float>.Shared.Rent(values);
        try
        {
            var floats = decoded.AsSpan(0, values);
            format.Decode(packed, floats);
            return form == WeightForm.EightBit ? EightBitBlocks.Quantise(floats, q, s) : FourBitBlocks.Quantise(floats, q, s);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(decoded);
        }
    }
}

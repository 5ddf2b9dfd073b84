using System.Buffers.Binary;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>fp16 scale, 16 bytes: values 0 to 15 in the low nibbles, 16 to 31 in the high ones; value = (q − 8) · scale.</summary>
internal sealed class Q4_0() : BlockFormat(2, "Q4_0", 32, 18)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            var nibbles = blocks.Slice(2, 16);
            var low = values[..16];
            var high = values.Slice(16, 16);
            for (var i = 0; i < 16; i++)
            {
                low[i] = ((nibbles[i] & 15) - 8) * scale;
                high[i] = ((nibbles[i] >> 4) - 8) * scale;
            }
        }
    }

    public override bool TryRepackEightBit(ReadOnlySpan<byte> blocks, Span<byte> quants, Span<float> scales)
    {
        for (var block = 0; block < scales.Length; block++, blocks = blocks[Bytes..], quants = quants[32..])
        {
            scales[block] = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            for (var i = 0; i < 16; i++)
            {
                quants[i] = (byte)((blocks[2 + i] & 15) + 120);
                quants[i + 16] = (byte)((blocks[2 + i] >> 4) + 120);
            }
        }

        return true;
    }

    public override bool TryRepackFourBit(ReadOnlySpan<byte> blocks, Span<byte> quants, Span<float> scales)
    {
        for (var block = 0; block < scales.Length; block++, blocks = blocks[Bytes..], quants = quants[16..])
        {
            scales[block] = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            for (var pair = 0; pair < 8; pair++)
            {
                var (even, odd) = (blocks[2 + (2 * pair)], blocks[3 + (2 * pair)]);
                quants[pair] = (byte)((even & 15) | (odd & 15) << 4);
                quants[pair + 8] = (byte)(even >> 4 | odd >> 4 << 4);
            }
        }

        return true;
    }
}

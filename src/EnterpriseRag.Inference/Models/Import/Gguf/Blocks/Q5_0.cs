using System.Buffers.Binary;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>fp16 scale, 32 fifth bits, 16 bytes of nibbles as in Q4_0; value = (q − 16) · scale.</summary>
internal sealed class Q5_0() : BlockFormat(6, "Q5_0", 32, 22)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            var fifth = BinaryPrimitives.ReadUInt32LittleEndian(blocks[2..]);
            var nibbles = blocks.Slice(6, 16);
            for (var i = 0; i < 16; i++)
            {
                values[i] = (((nibbles[i] & 15) | (int)((fifth >> i) & 1) << 4) - 16) * scale;
                values[i + 16] = (((nibbles[i] >> 4) | (int)((fifth >> (i + 16)) & 1) << 4) - 16) * scale;
            }
        }
    }

    public override bool TryRepackEightBit(ReadOnlySpan<byte> blocks, Span<byte> quants, Span<float> scales)
    {
        for (var block = 0; block < scales.Length; block++, blocks = blocks[Bytes..], quants = quants[32..])
        {
            scales[block] = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            var fifth = BinaryPrimitives.ReadUInt32LittleEndian(blocks[2..]);
            for (var i = 0; i < 16; i++)
            {
                quants[i] = (byte)(((blocks[6 + i] & 15) | (int)((fifth >> i) & 1) << 4) + 112);
                quants[i + 16] = (byte)((blocks[6 + i] >> 4 | (int)((fifth >> (i + 16)) & 1) << 4) + 112);
            }
        }

        return true;
    }
}

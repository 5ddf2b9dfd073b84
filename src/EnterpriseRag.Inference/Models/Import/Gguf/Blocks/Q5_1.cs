using System.Buffers.Binary;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>fp16 scale, fp16 minimum, 32 fifth bits, 16 bytes of nibbles as in Q4_0; value = q · scale + minimum.</summary>
internal sealed class Q5_1() : BlockFormat(7, "Q5_1", 32, 24)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            var minimum = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks[2..]);
            var fifth = BinaryPrimitives.ReadUInt32LittleEndian(blocks[4..]);
            var nibbles = blocks.Slice(8, 16);
            for (var i = 0; i < 16; i++)
            {
                values[i] = (((nibbles[i] & 15) | (int)((fifth >> i) & 1) << 4) * scale) + minimum;
                values[i + 16] = (((nibbles[i] >> 4) | (int)((fifth >> (i + 16)) & 1) << 4) * scale) + minimum;
            }
        }
    }
}

using System.Buffers.Binary;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>16 bytes of nibble pairs (scale, minimum) for 16 values each, 64 bytes of 2-bit values, fp16 scale and minimum of the block.</summary>
internal sealed class Q2_K() : BlockFormat(10, "Q2_K", 256, 84)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks[80..]);
            var minimum = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks[82..]);
            for (var group = 0; group < 16; group++)
            {
                var packed = blocks.Slice(16 + (group / 8 * 32) + (group % 2 * 16), 16);
                var shift = group % 8 / 2 * 2;
                var (groupScale, groupMinimum) = (scale * (blocks[group] & 15), minimum * (blocks[group] >> 4));
                for (var i = 0; i < 16; i++)
                {
                    values[(group * 16) + i] = (groupScale * ((packed[i] >> shift) & 3)) - groupMinimum;
                }
            }
        }
    }
}

using System.Buffers.Binary;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>As Q4_K with 32 bytes of fifth bits before the nibbles: bit g of byte i belongs to value i of group g.</summary>
internal sealed class Q5_K() : BlockFormat(13, "Q5_K", 256, 176)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            var minimum = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks[2..]);
            var fifth = blocks.Slice(16, 32);
            for (var group = 0; group < 8; group++)
            {
                var (q, m) = SixBitScales.Read(blocks.Slice(4, 12), group);
                var (groupScale, groupMinimum) = (scale * q, minimum * m);
                var packed = blocks.Slice(48 + (group / 2 * 32), 32);
                var shift = group % 2 * 4;
                for (var i = 0; i < 32; i++)
                {
                    values[(group * 32) + i] = (groupScale * (((packed[i] >> shift) & 15) | ((fifth[i] >> group) & 1) << 4)) - groupMinimum;
                }
            }
        }
    }
}

using System.Buffers.Binary;
using System.Runtime.Intrinsics;

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
            var fifth = Vector256.Create(blocks.Slice(16, 32));
            for (var group = 0; group < 8; group++)
            {
                var (q, m) = SixBitScales.Read(blocks.Slice(4, 12), group);
                var (groupScale, groupMinimum) = (scale * q, minimum * m);
                var packed = Vector256.Create(blocks.Slice(48 + (group / 2 * 32), 32));
                var low = group % 2 == 0 ? packed & Vector256.Create((byte)15) : packed >>> 4;
                var high = ((fifth >>> group) & Vector256<byte>.One) << 4;
                SmallIntegers.Affine(low | high, groupScale, groupMinimum, values.Slice(group * 32, 32));
            }
        }
    }
}

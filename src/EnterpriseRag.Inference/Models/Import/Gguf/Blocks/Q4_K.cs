using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>fp16 scale and minimum, 12 bytes with 8 scales and minima of 6 bits, 128 bytes of nibbles: 32 low, then 32 high.</summary>
internal sealed class Q4_K() : BlockFormat(12, "Q4_K", 256, 144)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            var minimum = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks[2..]);
            for (var group = 0; group < 8; group++)
            {
                var (q, m) = SixBitScales.Read(blocks.Slice(4, 12), group);
                var (groupScale, groupMinimum) = (scale * q, minimum * m);
                var packed = Vector256.Create(blocks.Slice(16 + (group / 2 * 32), 32));
                var quants = group % 2 == 0 ? packed & Vector256.Create((byte)15) : packed >>> 4;
                SmallIntegers.Affine(quants, groupScale, groupMinimum, values.Slice(group * 32, 32));
            }
        }
    }
}

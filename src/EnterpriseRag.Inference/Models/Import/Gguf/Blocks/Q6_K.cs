using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>128 bytes of low nibbles, 64 bytes of high 2 bits, 16 signed scales for 16 values each, fp16 scale; value = (q − 32) · scales.</summary>
internal sealed class Q6_K() : BlockFormat(14, "Q6_K", 256, 210)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks[208..]);
            for (var group = 0; group < 8; group++)
            {
                var (half, quarter) = (group / 4, group % 4);
                var packed = Vector256.Create(blocks.Slice((half * 64) + (quarter % 2 * 32), 32));
                var low = quarter < 2 ? packed & Vector256.Create((byte)15) : packed >>> 4;
                var high = ((Vector256.Create(blocks.Slice(128 + (half * 32), 32)) >>> (quarter * 2)) & Vector256.Create((byte)3)) << 4;
                SmallIntegers.Centred(low | high, 32, scale * (sbyte)blocks[192 + (group * 2)], scale * (sbyte)blocks[193 + (group * 2)], values.Slice(group * 32, 32));
            }
        }
    }
}

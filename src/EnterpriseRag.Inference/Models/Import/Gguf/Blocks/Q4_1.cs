using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>fp16 scale, fp16 minimum, 16 bytes of nibbles as in Q4_0; value = q · scale + minimum.</summary>
internal sealed class Q4_1() : BlockFormat(3, "Q4_1", 32, 20)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            var minimum = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks[2..]);
            var nibbles = Vector128.Create(blocks.Slice(4, 16));
            SmallIntegers.Affine(Vector256.Create(nibbles & Vector128.Create((byte)15), nibbles >>> 4), scale, -minimum, values[..32]);
        }
    }
}

using System.Buffers.Binary;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>128 bytes of low nibbles, 64 bytes of high 2 bits, 16 signed scales for 16 values each, fp16 scale; value = (q − 32) · scales.</summary>
internal sealed class Q6_K() : BlockFormat(14, "Q6_K", 256, 210)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks[208..]);
            for (var i = 0; i < 256; i++)
            {
                var (half, quarter, at) = (i / 128, i % 128 / 32, i % 32);
                var low = (blocks[(half * 64) + (quarter % 2 * 32) + at] >> (quarter / 2 * 4)) & 15;
                var high = (blocks[128 + (half * 32) + at] >> (quarter * 2)) & 3;
                values[i] = scale * (sbyte)blocks[192 + (i / 16)] * ((low | high << 4) - 32);
            }
        }
    }
}

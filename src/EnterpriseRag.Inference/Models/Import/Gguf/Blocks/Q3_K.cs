using System.Buffers.Binary;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>32 bytes of high bits, 64 bytes of low 2 bits, 12 bytes with 16 scales of 6 bits, fp16 scale; a value is 4 less when its high bit is clear.</summary>
internal sealed class Q3_K() : BlockFormat(11, "Q3_K", 256, 110)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks[108..]);
            var scales = blocks.Slice(96, 12);
            for (var group = 0; group < 16; group++)
            {
                var low = group < 8 ? scales[group] & 15 : scales[group - 8] >> 4;
                var high = (scales[8 + (group % 4)] >> (group / 4 * 2)) & 3;
                var groupScale = scale * ((low | high << 4) - 32);
                var packed = blocks.Slice(32 + (group / 8 * 32) + (group % 2 * 16), 16);
                var highBits = blocks.Slice(group % 2 * 16, 16);
                var shift = group % 8 / 2 * 2;
                for (var i = 0; i < 16; i++)
                {
                    values[(group * 16) + i] = groupScale * (((packed[i] >> shift) & 3) - (((highBits[i] >> (group / 2)) & 1) == 0 ? 4 : 0));
                }
            }
        }
    }
}

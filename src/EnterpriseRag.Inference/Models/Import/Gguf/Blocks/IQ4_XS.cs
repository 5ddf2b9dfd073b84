using System.Buffers.Binary;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>fp16 scale, 8 scales of 6 bits (2 high bits each in a u16, then 4 low bits each), 128 bytes of nibbles as in IQ4_NL.</summary>
internal sealed class IQ4_XS() : BlockFormat(23, "IQ4_XS", 256, 136)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            var highBits = BinaryPrimitives.ReadUInt16LittleEndian(blocks[2..]);
            for (var group = 0; group < 8; group++)
            {
                var low = (blocks[4 + (group / 2)] >> (group % 2 * 4)) & 15;
                var groupScale = scale * ((low | ((highBits >> (group * 2)) & 3) << 4) - 32);
                var nibbles = blocks.Slice(8 + (group * 16), 16);
                for (var i = 0; i < 16; i++)
                {
                    values[(group * 32) + i] = groupScale * FourBitTable.Values[nibbles[i] & 15];
                    values[(group * 32) + i + 16] = groupScale * FourBitTable.Values[nibbles[i] >> 4];
                }
            }
        }
    }
}

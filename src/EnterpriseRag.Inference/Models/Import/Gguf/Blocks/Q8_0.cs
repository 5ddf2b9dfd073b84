using System.Buffers.Binary;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>fp16 scale, 32 signed bytes; value = q · scale.</summary>
internal sealed class Q8_0() : BlockFormat(8, "Q8_0", 32, 34)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            for (var i = 0; i < 32; i++)
            {
                values[i] = (sbyte)blocks[2 + i] * scale;
            }
        }
    }

    public override bool TryRepackEightBit(ReadOnlySpan<byte> blocks, Span<byte> quants, Span<float> scales)
    {
        for (var block = 0; block < scales.Length; block++, blocks = blocks[Bytes..], quants = quants[32..])
        {
            scales[block] = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            for (var i = 0; i < 32; i++)
            {
                quants[i] = (byte)(blocks[2 + i] ^ 0x80);
            }
        }

        return true;
    }
}

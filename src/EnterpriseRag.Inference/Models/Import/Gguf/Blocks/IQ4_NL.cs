using System.Buffers.Binary;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>fp16 scale, 16 bytes of nibbles as in Q4_0 that index a fixed table.</summary>
internal sealed class IQ4_NL() : BlockFormat(20, "IQ4_NL", 32, 18)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (; blocks.Length >= Bytes; blocks = blocks[Bytes..], values = values[Values..])
        {
            var scale = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            var nibbles = blocks.Slice(2, 16);
            for (var i = 0; i < 16; i++)
            {
                values[i] = scale * FourBitTable.Values[nibbles[i] & 15];
                values[i + 16] = scale * FourBitTable.Values[nibbles[i] >> 4];
            }
        }
    }

    public override bool TryRepackEightBit(ReadOnlySpan<byte> blocks, Span<byte> quants, Span<float> scales)
    {
        for (var block = 0; block < scales.Length; block++, blocks = blocks[Bytes..], quants = quants[32..])
        {
            scales[block] = (float)BinaryPrimitives.ReadHalfLittleEndian(blocks);
            for (var i = 0; i < 16; i++)
            {
                quants[i] = (byte)(FourBitTable.Values[blocks[2 + i] & 15] + 128);
                quants[i + 16] = (byte)(FourBitTable.Values[blocks[2 + i] >> 4] + 128);
            }
        }

        return true;
    }
}

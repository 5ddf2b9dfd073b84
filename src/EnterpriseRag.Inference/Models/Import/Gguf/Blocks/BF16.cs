using System.Runtime.InteropServices;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>The upper half of a float.</summary>
internal sealed class BF16() : BlockFormat(30, "BF16", 1, 2)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var halves = MemoryMarshal.Cast<byte, ushort>(blocks);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
        }
    }
}

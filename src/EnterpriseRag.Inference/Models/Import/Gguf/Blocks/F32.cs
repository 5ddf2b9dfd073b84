using System.Runtime.InteropServices;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

internal sealed class F32() : BlockFormat(0, "F32", 1, 4)
{
    // The file is little-endian and so is every machine the native runtime exists for.
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values) => MemoryMarshal.Cast<byte, float>(blocks).CopyTo(values);
}

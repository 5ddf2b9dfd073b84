using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

internal sealed class F16() : BlockFormat(1, "F16", 1, 2)
{
    public override void Decode(ReadOnlySpan<byte> blocks, Span<float> values) => TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(blocks), values);
}

using System.Runtime.Intrinsics;

namespace EnterpriseRag.Inference.Models.Import.Gguf.Blocks;

/// <summary>32 unpacked values of a block as floats: the inner loop of the K types. One product and one difference a value, in that order, as one by one.</summary>
internal static class SmallIntegers
{
    /// <summary>value = q · scale − minimum.</summary>
    public static void Affine(Vector256<byte> quants, float scale, float minimum, Span<float> values)
    {
        var (a, b, c, d) = Widen(quants);
        var (s, m) = (Vector256.Create(scale), Vector256.Create(minimum));
        ((a * s) - m).CopyTo(values);
        ((b * s) - m).CopyTo(values[8..]);
        ((c * s) - m).CopyTo(values[16..]);
        ((d * s) - m).CopyTo(values[24..]);
    }

    /// <summary>value = (q − offset) · scale, with one scale for the first sixteen values and another for the rest.</summary>
    public static void Centred(Vector256<byte> quants, int offset, float first, float second, Span<float> values)
    {
        var (a, b, c, d) = Widen(quants);
        var (o, s, t) = (Vector256.Create((float)offset), Vector256.Create(first), Vector256.Create(second));
        ((a - o) * s).CopyTo(values);
        ((b - o) * s).CopyTo(values[8..]);
        ((c - o) * t).CopyTo(values[16..]);
        ((d - o) * t).CopyTo(values[24..]);
    }

    private static (Vector256<float> A, Vector256<float> B, Vector256<float> C, Vector256<float> D) Widen(Vector256<byte> quants)
    {
        var (low, high) = Vector256.Widen(quants);
        var ((a, b), (c, d)) = (Vector256.Widen(low), Vector256.Widen(high));
        return (Vector256.ConvertToSingle(a.AsInt32()), Vector256.ConvertToSingle(b.AsInt32()), Vector256.ConvertToSingle(c.AsInt32()), Vector256.ConvertToSingle(d.AsInt32()));
    }
}

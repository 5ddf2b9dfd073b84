using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EnterpriseRag.Retrieval.Search.Dense;

/// <summary>
/// Exact integer dot product of a query code and a stored row. All kernels return the same integer for the same bytes
/// (|sum| ≤ 127² × dimensions, so 32 bits suffice up to 133,000 dimensions); they differ only in speed.
/// Rows are <see cref="VectorCode.RowAlignment"/>-padded with zeros, so no kernel needs a tail loop.
/// </summary>
internal interface IDotKernel
{
    /// <param name="query">First of <paramref name="length"/> query codes, -127 to 127.</param>
    /// <param name="biased">The same codes plus 128, for instructions that want one unsigned operand.</param>
    /// <param name="row">First code of the row.</param>
    /// <param name="rowSum">Sum of the row's codes: takes the bias out again.</param>
    /// <param name="length">Codes in the row, a multiple of <see cref="VectorCode.RowAlignment"/>.</param>
    static abstract int Dot(ref sbyte query, ref byte biased, ref sbyte row, int rowSum, nuint length);
}

/// <summary>vpdpbusd on 256 bits. .NET 10 exposes the VEX form only; on machines that have just the EVEX form (Ice Lake) AVX-512BW serves.</summary>
internal readonly struct VnniDot : IDotKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dot(ref sbyte query, ref byte biased, ref sbyte row, int rowSum, nuint length)
    {
        var a = Vector256<int>.Zero;
        var b = Vector256<int>.Zero;
        for (nuint i = 0; i < length; i += 64)
        {
            // Four products of at most 255 × 127 fit 32 bits, and the non-saturating form never clips.
            a = AvxVnni.MultiplyWideningAndAdd(a, Vector256.LoadUnsafe(ref biased, i), Vector256.LoadUnsafe(ref row, i));
            b = AvxVnni.MultiplyWideningAndAdd(b, Vector256.LoadUnsafe(ref biased, i + 32), Vector256.LoadUnsafe(ref row, i + 32));
        }

        return Vector256.Sum(a + b) - (128 * rowSum);
    }
}

/// <summary>Sign-extends to 16 bits and multiplies pairs, 32 codes a step.</summary>
internal readonly struct Avx512Dot : IDotKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dot(ref sbyte query, ref byte biased, ref sbyte row, int rowSum, nuint length)
    {
        var a = Vector512<int>.Zero;
        var b = Vector512<int>.Zero;
        for (nuint i = 0; i < length; i += 64)
        {
            a += Avx512BW.MultiplyAddAdjacent(
                Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref query, i)),
                Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref row, i)));
            b += Avx512BW.MultiplyAddAdjacent(
                Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref query, i + 32)),
                Avx512BW.ConvertToVector512Int16(Vector256.LoadUnsafe(ref row, i + 32)));
        }

        return Vector512.Sum(a + b);
    }
}

/// <summary>As <see cref="Avx512Dot"/>, 16 codes a step.</summary>
internal readonly struct Avx2Dot : IDotKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dot(ref sbyte query, ref byte biased, ref sbyte row, int rowSum, nuint length)
    {
        var a = Vector256<int>.Zero;
        var b = Vector256<int>.Zero;
        for (nuint i = 0; i < length; i += 32)
        {
            a += Avx2.MultiplyAddAdjacent(
                Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref query, i)),
                Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref row, i)));
            b += Avx2.MultiplyAddAdjacent(
                Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref query, i + 16)),
                Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref row, i + 16)));
        }

        return Vector256.Sum(a + b);
    }
}

/// <summary>The definition; also the path of machines without AVX2.</summary>
internal readonly struct ScalarDot : IDotKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Dot(ref sbyte query, ref byte biased, ref sbyte row, int rowSum, nuint length)
    {
        var sum = 0;
        for (nuint i = 0; i < length; i++)
        {
            sum += Unsafe.Add(ref query, i) * Unsafe.Add(ref row, i);
        }

        return sum;
    }
}

internal enum DotPath
{
    Scalar,
    Avx2,
    Avx512,
    Vnni,
}

internal static class DotPaths
{
    /// <summary>The quickest path of this machine.</summary>
    public static DotPath Best { get; } =
        IsSupported(DotPath.Vnni) ? DotPath.Vnni
        : IsSupported(DotPath.Avx512) ? DotPath.Avx512
        : IsSupported(DotPath.Avx2) ? DotPath.Avx2
        : DotPath.Scalar;

    public static bool IsSupported(DotPath path) => path switch
    {
        DotPath.Vnni => AvxVnni.IsSupported,
        DotPath.Avx512 => Avx512BW.IsSupported,
        DotPath.Avx2 => Avx2.IsSupported,
        DotPath.Scalar => true,
        _ => false,
    };
}

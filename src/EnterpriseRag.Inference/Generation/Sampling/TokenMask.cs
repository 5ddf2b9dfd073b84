using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace EnterpriseRag.Inference.Generation.Sampling;

/// <summary>Applies a mask of one bit a token to logits: what has no bit becomes −∞.</summary>
internal static class TokenMask
{
    /// <summary>Words of a mask for so many tokens.</summary>
    public static int Words(int tokens) => (tokens + 63) / 64;

    public static void Apply(Span<float> logits, ReadOnlySpan<ulong> mask)
    {
        if (Vector256.IsHardwareAccelerated)
        {
            ApplyVectors(logits, mask);
        }
        else
        {
            ApplyScalar(logits, mask);
        }
    }

    /// <summary>Eight logits at a time; words that allow all or nothing, the most frequent, without looking at their bits.</summary>
    internal static void ApplyVectors(Span<float> logits, ReadOnlySpan<ulong> mask)
    {
        Vector256<int> bits = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        Vector256<float> never = Vector256.Create(float.NegativeInfinity);
        int whole = logits.Length / 64;
        for (int word = 0; word < whole; word++)
        {
            ulong allowed = mask[word];
            Span<float> part = logits.Slice(word * 64, 64);
            if (allowed == ulong.MaxValue)
            {
                continue;
            }

            if (allowed == 0)
            {
                part.Fill(float.NegativeInfinity);
                continue;
            }

            ref float first = ref MemoryMarshal.GetReference(part);
            for (nuint i = 0; i < 64; i += 8, allowed >>= 8)
            {
                Vector256<int> without = Vector256.Equals(Vector256.Create((int)(allowed & 0xFF)) & bits, Vector256<int>.Zero);
                Vector256.ConditionalSelect(without.AsSingle(), never, Vector256.LoadUnsafe(ref first, i)).StoreUnsafe(ref first, i);
            }
        }

        ApplyScalar(logits[(whole * 64)..], mask[whole..]);
    }

    internal static void ApplyScalar(Span<float> logits, ReadOnlySpan<ulong> mask)
    {
        for (int word = 0; word * 64 < logits.Length; word++)
        {
            Span<float> part = logits.Slice(word * 64, Math.Min(64, logits.Length - (word * 64)));
            for (ulong without = ~mask[word]; without != 0; without &= without - 1)
            {
                int bit = BitOperations.TrailingZeroCount(without);
                if (bit >= part.Length)
                {
                    break;
                }

                part[bit] = float.NegativeInfinity;
            }
        }
    }
}

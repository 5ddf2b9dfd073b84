using System.Runtime.Intrinsics;

namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>
/// Rounds floats to 8-bit blocks of 32, symmetric: scale = fp16(max|w| / 127), q = round to even(w · (1 / scale)) + 128. The product with the
/// reciprocal, not the division: they differ at near ties, and int8 activations amplify one changed weight to differences of 0.5 in the logits,
/// so only this order reproduces the golden generations (tests/fixtures/smollm2-generation.json: all logits to the file's last digit).
/// </summary>
internal static class EightBitBlocks
{
    /// <param name="values">Whole blocks of 32.</param>
    /// <param name="quants">One byte a value.</param>
    /// <param name="scales">One a block.</param>
    /// <exception cref="ModelImportException">A value is not finite, or too large for an fp16 scale.</exception>
    public static RoundingLoss Quantise(ReadOnlySpan<float> values, Span<byte> quants, Span<float> scales)
    {
        double squaredError = 0, squaredValue = 0;
        for (var block = 0; block < scales.Length; block++)
        {
            var (start, end) = (block * WeightForms.BlockSize, (block + 1) * WeightForms.BlockSize);
            var source = values[start..end];
            var (a, b, c, d) = (Vector256.Create(source), Vector256.Create(source[8..]), Vector256.Create(source[16..]), Vector256.Create(source[24..]));

            // Max hands a NaN on, so one check of the result sees every lane.
            var largest = Largest(Vector256.Max(Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(d))));
            var scale = (float)(Half)(largest / 127f);
            if (!float.IsFinite(scale))
            {
                throw new ModelImportException("holds values that are not finite or too large");
            }

            scales[block] = scale;
            var reciprocal = Vector256.Create(scale > 0 ? 1f / scale : 0f);
            var (qa, qb, qc, qd) = (Round(a, reciprocal), Round(b, reciprocal), Round(c, reciprocal), Round(d, reciprocal));
            Vector256.Narrow(Vector256.Narrow(Shift(qa), Shift(qb)), Vector256.Narrow(Shift(qc), Shift(qd))).CopyTo(quants[start..end]);

            var factor = Vector256.Create(scale);
            var (ea, eb, ec, ed) = (a - (qa * factor), b - (qb * factor), c - (qc * factor), d - (qd * factor));
            squaredError += Vector256.Sum((ea * ea) + (eb * eb) + (ec * ec) + (ed * ed));
            squaredValue += Vector256.Sum((a * a) + (b * b) + (c * c) + (d * d));
        }

        return new RoundingLoss(squaredError, squaredValue);
    }

    private static Vector256<float> Round(Vector256<float> value, Vector256<float> reciprocal) =>
        Vector256.Min(Vector256.Max(Vector256.Round(value * reciprocal), Vector256.Create(-127f)), Vector256.Create(127f));

    private static Vector256<uint> Shift(Vector256<float> quant) => (Vector256.ConvertToInt32(quant) + Vector256.Create(128)).AsUInt32();

    private static float Largest(Vector256<float> values)
    {
        var four = Vector128.Max(values.GetLower(), values.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }
}

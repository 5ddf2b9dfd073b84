namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>Rounds floats to 4-bit blocks of 32, (q − 8) · scale: the value of largest magnitude becomes −8, so scales may be negative (the rule of Q4_0).</summary>
internal static class FourBitBlocks
{
    /// <param name="values">Whole blocks of 32.</param>
    /// <param name="quants">One byte a pair, the even value in the low nibble.</param>
    /// <param name="scales">One a block.</param>
    /// <exception cref="ModelImportException">A value is not finite, or too large for an fp16 scale.</exception>
    public static RoundingLoss Quantise(ReadOnlySpan<float> values, Span<byte> quants, Span<float> scales)
    {
        double squaredError = 0, squaredValue = 0;
        for (var block = 0; block < scales.Length; block++)
        {
            var source = values.Slice(block * WeightForms.BlockSize, WeightForms.BlockSize);
            var largest = 0f;
            foreach (var value in source)
            {
                largest = float.IsNaN(value) || MathF.Abs(value) > MathF.Abs(largest) ? value : largest;
                if (float.IsNaN(largest))
                {
                    break;
                }
            }

            var scale = (float)(Half)(largest / -8f);
            if (!float.IsFinite(scale))
            {
                throw new ModelImportException("holds values that are not finite or too large");
            }

            scales[block] = scale;
            var target = quants.Slice(block * WeightForms.BlockSize / 2, WeightForms.BlockSize / 2);
            target.Clear();
            for (var i = 0; i < source.Length; i++)
            {
                var quant = scale == 0 ? 0 : Math.Clamp(MathF.Round(source[i] / scale), -8f, 7f);
                target[i / 2] |= (byte)((int)(quant + 8) << (i % 2 * 4));
                var error = source[i] - (quant * scale);
                squaredError += error * error;
                squaredValue += source[i] * source[i];
            }
        }

        return new RoundingLoss(squaredError, squaredValue);
    }
}

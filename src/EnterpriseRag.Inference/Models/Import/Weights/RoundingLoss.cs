namespace EnterpriseRag.Inference.Models.Import.Weights;

/// <summary>What requantising changed: sums of squares over the values that were rounded (values that moved exactly count as unchanged).</summary>
internal readonly record struct RoundingLoss(double SquaredError, double SquaredValue)
{
    /// <summary>Root mean square of the change relative to that of the weights; 0 = exact.</summary>
    public double Relative => SquaredValue > 0 ? Math.Sqrt(SquaredError / SquaredValue) : 0;

    public static RoundingLoss operator +(RoundingLoss a, RoundingLoss b) => new(a.SquaredError + b.SquaredError, a.SquaredValue + b.SquaredValue);
}

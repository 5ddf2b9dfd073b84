using System.Globalization;

namespace EnterpriseRag.Inference.Models.Check;

/// <summary>Adds up the comparisons of one check.</summary>
internal sealed class CheckTotals
{
    private double _largest;
    private int _equal;
    private int _tokens;

    /// <summary>Compares values with golden ones; none golden = nothing to compare.</summary>
    /// <exception cref="GoldenFileException">Another number of values: the file belongs to another model.</exception>
    public void Compare(IReadOnlyList<float> golden, ReadOnlySpan<float> values)
    {
        if (golden.Count > 0 && golden.Count != values.Length)
        {
            throw new GoldenFileException(string.Create(CultureInfo.InvariantCulture, $"The model gives {values.Length} values where the golden file has {golden.Count}: it belongs to another model."));
        }

        for (var i = 0; i < golden.Count; i++)
        {
            var difference = Math.Abs((double)golden[i] - values[i]);
            _largest = double.IsNaN(difference) || difference > _largest ? difference : _largest;
        }
    }

    public void Count(bool equal)
    {
        _tokens++;
        _equal += equal ? 1 : 0;
    }

    /// <summary>A difference that is not a number is the largest there is.</summary>
    public ModelCheckResult Result(int cases) => new(cases, double.IsNaN(_largest) ? double.MaxValue : _largest, _equal, _tokens);
}

namespace EnterpriseRag.Retrieval.Search;

/// <summary>A passage within one snapshot: its segment's position and its row there.</summary>
internal readonly record struct PassageKey(int Segment, int Passage);

/// <summary>Running mean and deviation.</summary>
internal struct Spread
{
    private double _sum;
    private double _squares;

    public long Count { get; private set; }

    public readonly double Mean => Count == 0 ? 0 : _sum / Count;

    public readonly double Deviation => Count == 0 ? 0 : Math.Sqrt(Math.Max(0, (_squares / Count) - (Mean * Mean)));

    public void Add(double value)
    {
        _sum += value;
        _squares += value * value;
        Count++;
    }

    /// <summary>Adds values that are all 0 without visiting them.</summary>
    public void AddZeros(long count) => Count += count;

    public void Add(in Spread other)
    {
        _sum += other._sum;
        _squares += other._squares;
        Count += other.Count;
    }

    /// <summary>
    /// This spread as if it held <see cref="SteadyingValues"/> more values spread like <paramref name="other"/>, moved by <paramref name="offset"/>: the
    /// mean and deviation of a handful of values say nothing yet.
    /// </summary>
    public readonly Spread SteadiedBy(in Spread other, double offset)
    {
        var steadied = this;
        if (other.Count > 0)
        {
            var mean = other.Mean + offset;
            steadied._sum += SteadyingValues * mean;
            steadied._squares += SteadyingValues * ((mean * mean) + (other.Deviation * other.Deviation));
            steadied.Count += SteadyingValues;
        }

        return steadied;
    }

    private const int SteadyingValues = 10;

    /// <summary>Deviations from the mean; 0 where all values are the same, because then none stands out.</summary>
    public readonly float Standardise(double value)
    {
        var deviation = Deviation;
        return deviation < 1e-6 ? 0f : (float)((value - Mean) / deviation);
    }
}

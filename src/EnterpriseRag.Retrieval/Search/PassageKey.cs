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

    /// <summary>Deviations from the mean; 0 where all values are the same, because then none stands out.</summary>
    public readonly float Standardise(double value)
    {
        var deviation = Deviation;
        return deviation < 1e-6 ? 0f : (float)((value - Mean) / deviation);
    }
}

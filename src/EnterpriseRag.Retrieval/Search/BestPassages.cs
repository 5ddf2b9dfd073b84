namespace EnterpriseRag.Retrieval.Search;

/// <summary>Keeps the best scored passages. Equal scores: the smaller key stays, so results do not depend on the order of scanning.</summary>
internal sealed class BestPassages(int capacity)
{
    private readonly PriorityQueue<PassageKey, (float Score, int Segment, int Passage)> _queue = new(s_worstFirst);

    private static readonly Comparer<(float Score, int Segment, int Passage)> s_worstFirst = Comparer<(float Score, int Segment, int Passage)>.Create(
        static (a, b) => a.Score != b.Score ? a.Score.CompareTo(b.Score) : a.Segment != b.Segment ? b.Segment.CompareTo(a.Segment) : b.Passage.CompareTo(a.Passage));

    /// <summary>Scores below this change nothing.</summary>
    public float Threshold { get; private set; } = float.NegativeInfinity;

    public void Offer(PassageKey key, float score)
    {
        if (score < Threshold || capacity == 0)
        {
            return;
        }

        var rank = (score, key.Segment, key.Passage);
        if (_queue.Count < capacity)
        {
            _queue.Enqueue(key, rank);
        }
        else
        {
            _queue.EnqueueDequeue(key, rank);
        }

        if (_queue.Count == capacity && _queue.TryPeek(out _, out var worst))
        {
            Threshold = worst.Score;
        }
    }

    public void OfferAll(BestPassages other)
    {
        foreach (var (key, rank) in other._queue.UnorderedItems)
        {
            Offer(key, rank.Score);
        }
    }

    public IEnumerable<PassageKey> Keys => _queue.UnorderedItems.Select(i => i.Element);
}

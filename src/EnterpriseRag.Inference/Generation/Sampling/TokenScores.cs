namespace EnterpriseRag.Inference.Generation.Sampling;

/// <summary>
/// Log probabilities of an answer's tokens and of the best others at each place. The engine's thread writes a token's numbers before it hands out the token;
/// whoever has read the token may read them. Room for the whole answer, made once.
/// </summary>
internal sealed class TokenScores(int maxTokens, int top)
{
    public const int MaxTop = 20;

    private readonly float[] _chosen = new float[maxTokens];
    private readonly int[] _topIds = new int[maxTokens * top];
    private readonly float[] _topValues = new float[maxTokens * top];
    private readonly int[] _topCounts = new int[maxTokens];
    private int _written; // writer only

    /// <summary>How many of the best tokens are kept at each place.</summary>
    public int Top => top;

    /// <summary>Natural logarithm of the chosen token's probability.</summary>
    public float Chosen(int place) => _chosen[place];

    /// <summary>The best tokens at a place, best first.</summary>
    public ReadOnlySpan<int> TopIds(int place) => _topIds.AsSpan(place * top, _topCounts[place]);

    /// <summary>Their log probabilities.</summary>
    public ReadOnlySpan<float> TopValues(int place) => _topValues.AsSpan(place * top, _topCounts[place]);

    /// <summary>Forgets what was written.</summary>
    public void Clear() => _written = 0;

    /// <summary>Writes the next place.</summary>
    /// <param name="logits">The model's own, changed by nothing.</param>
    /// <param name="normalizer">Logarithm of the sum of their exponentials.</param>
    /// <param name="chosen">The token that was chosen.</param>
    public void Add(ReadOnlySpan<float> logits, float normalizer, int chosen)
    {
        if (_written == maxTokens)
        {
            return; // a stop token after the last one that counts
        }

        _chosen[_written] = logits[chosen] - normalizer;
        if (top > 0)
        {
            var ids = _topIds.AsSpan(_written * top, top);
            var values = _topValues.AsSpan(_written * top, top);
            _topCounts[_written] = Best(logits, ids, values);
            foreach (ref float value in values)
            {
                value -= normalizer;
            }
        }

        _written++;
    }

    /// <summary>The best by insertion: most logits lose against the worst of them in one comparison.</summary>
    internal static int Best(ReadOnlySpan<float> logits, Span<int> ids, Span<float> values)
    {
        int count = 0;
        for (int id = 0; id < logits.Length; id++)
        {
            float logit = logits[id];
            if (count == values.Length && !(logit > values[^1]))
            {
                continue;
            }

            int place = count < values.Length ? count++ : count - 1;
            for (; place > 0 && values[place - 1] < logit; place--)
            {
                (values[place], ids[place]) = (values[place - 1], ids[place - 1]);
            }

            (values[place], ids[place]) = (logit, id);
        }

        return count;
    }
}

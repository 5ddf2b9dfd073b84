using System.Numerics.Tensors;

namespace EnterpriseRag.Inference.Generation.Sampling;

/// <summary>
/// Chooses tokens for one request after another: repetition penalty, then greedy, or top-k, temperature, top-p and a draw, in ONNX Runtime GenAI's order.
/// Buffers are made once; a choice allocates nothing. One thread.
/// </summary>
internal sealed class Sampler
{
    private readonly bool[] _seen; // by token id: in prompt or answer
    private readonly List<int> _seenIds = [];
    private readonly float[] _scores;
    private readonly int[] _candidates;
    private SamplingSettings _settings = SamplingSettings.Greedy;
    private SeededRandom _random;

    /// <param name="vocabulary">Ids below it may be chosen; rows of the logits beyond are padding without text.</param>
    public Sampler(int vocabulary)
    {
        _seen = new bool[vocabulary];
        _scores = new float[vocabulary];
        _candidates = new int[vocabulary];
    }

    /// <summary>Starts a request.</summary>
    public void Begin(SamplingSettings settings, ReadOnlySpan<int> prompt)
    {
        _settings = settings;
        _random = SeededRandom.Create(settings.Seed);
        foreach (int id in _seenIds)
        {
            _seen[id] = false;
        }

        _seenIds.Clear();
        foreach (int id in prompt)
        {
            Remember(id);
        }
    }

    /// <summary>Chooses the next token and remembers it. Changes the logits.</summary>
    /// <exception cref="InvalidDataException">The model gave no usable number.</exception>
    public int Next(Span<float> logits)
    {
        logits = logits[..Math.Min(logits.Length, _seen.Length)];
        Penalize(logits);
        int best = TensorPrimitives.IndexOfMax<float>(logits);
        if (best < 0 || !float.IsFinite(logits[best]))
        {
            // IndexOfMax returns the first NaN if there is one.
            throw new InvalidDataException("The language model returned logits that are not numbers; its folder is damaged or its weights overflow.");
        }

        int chosen = _settings.IsGreedy ? best : Draw(logits, logits[best]);
        Remember(chosen);
        return chosen;
    }

    private void Remember(int id)
    {
        if ((uint)id < (uint)_seen.Length && !_seen[id])
        {
            _seen[id] = true;
            _seenIds.Add(id);
        }
    }

    private void Penalize(Span<float> logits)
    {
        float penalty = _settings.RepetitionPenalty;
        if (penalty == 1)
        {
            return;
        }

        foreach (int id in _seenIds)
        {
            if (id < logits.Length)
            {
                logits[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
            }
        }
    }

    private int Draw(ReadOnlySpan<float> logits, float max)
    {
        int count = SelectCandidates(logits, max);
        Span<float> weights = _scores.AsSpan(0, count);
        Span<int> ids = _candidates.AsSpan(0, count);
        float inverse = 1 / _settings.Temperature;
        double total = 0;
        for (int i = 0; i < count; i++)
        {
            weights[i] = MathF.Exp((weights[i] - max) * inverse);
            total += weights[i];
        }

        if (_settings.TopP < 1)
        {
            count = Nucleus(weights, ids, total, out total);
        }

        double point = _random.NextDouble() * total;
        for (int i = 0; i < count - 1; i++)
        {
            point -= weights[i];
            if (point < 0)
            {
                return ids[i];
            }
        }

        return ids[count - 1];
    }

    /// <summary>Puts the logits and ids that may be drawn into the buffers; sorted, best first, unless all of them may be.</summary>
    private int SelectCandidates(ReadOnlySpan<float> logits, float max)
    {
        int count = 0;
        if (_settings.TopK > 0 && _settings.TopK < logits.Length)
        {
            // The k best by insertion: most logits lose against the worst of them in one comparison.
            int k = _settings.TopK;
            for (int id = 0; id < logits.Length; id++)
            {
                float logit = logits[id];
                if (count == k && logit <= _scores[k - 1])
                {
                    continue;
                }

                int place = count < k ? count++ : k - 1;
                for (; place > 0 && _scores[place - 1] < logit; place--)
                {
                    (_scores[place], _candidates[place]) = (_scores[place - 1], _candidates[place - 1]);
                }

                (_scores[place], _candidates[place]) = (logit, id);
            }

            return count;
        }

        // e^-30 of the best token's weight: even all of a vocabulary together would not be drawn once in a billion tokens.
        float threshold = max - (30 * _settings.Temperature);
        for (int id = 0; id < logits.Length; id++)
        {
            if (logits[id] >= threshold)
            {
                (_scores[count], _candidates[count]) = (logits[id], id);
                count++;
            }
        }

        if (_settings.TopP < 1)
        {
            // Ascending and turned around: a comparison of our own would cost an allocation a token.
            _scores.AsSpan(0, count).Sort(_candidates.AsSpan(0, count));
            _scores.AsSpan(0, count).Reverse();
            _candidates.AsSpan(0, count).Reverse();
        }

        return count;
    }

    /// <summary>The smallest head of the sorted weights that reaches the wanted share; at least one.</summary>
    private int Nucleus(ReadOnlySpan<float> weights, ReadOnlySpan<int> ids, double total, out double kept)
    {
        double wanted = _settings.TopP * total;
        kept = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            kept += weights[i];
            if (kept >= wanted)
            {
                return i + 1;
            }
        }

        return ids.Length;
    }
}

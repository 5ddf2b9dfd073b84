using System.Numerics.Tensors;

namespace EnterpriseRag.Inference.Generation.Sampling;

/// <summary>
/// Chooses tokens for one request after another: bias, penalties and the constraint's mask, then greedy, or top-k, temperature, top-p, min-p and a draw, in ONNX
/// Runtime GenAI's order. Buffers are made once (those of rarer options when first asked for); a choice allocates nothing. One thread, one sequence at a time.
/// </summary>
internal sealed class Sampler
{
    private readonly bool[] _seen; // by token id: in prompt or answer
    private readonly List<int> _seenIds; // as long as the vocabulary: they never grow while an answer is made
    private readonly float[] _scores;
    private readonly int[] _candidates;
    private readonly List<int> _answerIds; // each once
    private int[]? _counts; // by token id: times in the answer
    private float[]? _model; // the model's own logits, for log probabilities
    private ulong[]? _mask;
    private SamplingSettings _settings = SamplingSettings.Greedy;
    private SeededRandom _random;

    /// <param name="vocabulary">Ids below it may be chosen; rows of the logits beyond are padding without text.</param>
    public Sampler(int vocabulary)
    {
        _seen = new bool[vocabulary];
        _seenIds = new List<int>(vocabulary);
        _answerIds = new List<int>(vocabulary);
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

        ForgetAnswer();
        settings.Constraint?.Reset();
        settings.Scores?.Clear();
    }

    /// <summary>Chooses the next token and remembers it. Changes the logits.</summary>
    /// <exception cref="InvalidDataException">The model gave no usable number.</exception>
    /// <exception cref="ArgumentException">The bias bans every token that the constraint allows.</exception>
    public int Next(Span<float> logits)
    {
        logits = logits[..Math.Min(logits.Length, _seen.Length)];
        float normalizer = _settings.Scores is null ? 0 : KeepModelLogits(logits);
        bool restricted = AddBias(logits);
        Penalize(logits);
        PenalizeAnswer(logits);
        if (_settings.Constraint is { } constraint)
        {
            ulong[] mask = _mask ??= new ulong[TokenMask.Words(_seen.Length)];
            constraint.FillMask(mask);
            TokenMask.Apply(logits, mask);
            restricted = true;
        }

        int best = TensorPrimitives.IndexOfMax<float>(logits);
        if (best < 0 || !float.IsFinite(logits[best]))
        {
            // IndexOfMax returns the first NaN if there is one.
            throw restricted && best >= 0 && float.IsNegativeInfinity(logits[best])
                ? new ArgumentException("Generation options: logit_bias bans every token that may come next.")
                : new InvalidDataException("The language model returned logits that are not numbers; its folder is damaged or its weights overflow.");
        }

        int chosen = _settings.IsGreedy ? best : Draw(logits, logits[best]);
        Remember(chosen);
        Count(chosen);
        _settings.Scores?.Add(_model, normalizer, chosen);
        _settings.Constraint?.Accept(chosen);
        return chosen;
    }

    /// <summary>Copies the logits and returns the logarithm of the sum of their exponentials.</summary>
    private float KeepModelLogits(ReadOnlySpan<float> logits)
    {
        Span<float> model = (_model ??= new float[_seen.Length]).AsSpan(0, logits.Length);
        logits.CopyTo(model);
        float max = TensorPrimitives.Max<float>(model);
        Span<float> shifted = _scores.AsSpan(0, logits.Length);
        TensorPrimitives.Subtract(model, max, shifted);
        TensorPrimitives.Exp<float>(shifted, shifted);
        model = _model.AsSpan(logits.Length);
        model.Fill(float.NegativeInfinity); // rows that a model with fewer of them does not have
        return max + MathF.Log(TensorPrimitives.Sum<float>(shifted));
    }

    private bool AddBias(Span<float> logits)
    {
        foreach ((int token, float bias) in _settings.LogitBias)
        {
            if ((uint)token < (uint)logits.Length)
            {
                logits[token] = bias <= SamplingSettings.Ban ? float.NegativeInfinity : logits[token] + bias;
            }
        }

        return _settings.LogitBias.Length > 0;
    }

    private void PenalizeAnswer(Span<float> logits)
    {
        if (_settings is { FrequencyPenalty: 0, PresencePenalty: 0 })
        {
            return;
        }

        foreach (int id in _answerIds)
        {
            if (id < logits.Length)
            {
                logits[id] -= _settings.PresencePenalty + (_settings.FrequencyPenalty * _counts![id]); // made with the first id
            }
        }
    }

    private void Count(int id)
    {
        if (_settings is { FrequencyPenalty: 0, PresencePenalty: 0 })
        {
            return;
        }

        if (_counts is null)
        {
            _counts = new int[_seen.Length];
            _answerIds.EnsureCapacity(1024); // different tokens of most answers
        }

        if (_counts[id]++ == 0)
        {
            _answerIds.Add(id);
        }
    }

    private void ForgetAnswer()
    {
        foreach (int id in _answerIds)
        {
            _counts![id] = 0; // made with the first id
        }

        _answerIds.Clear();
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
        // e^-30 of the best token's weight: even all of a vocabulary together would not be drawn once in a billion tokens.
        float threshold = max + (Math.Max(-30, MathF.Log(_settings.MinP)) * _settings.Temperature);
        int count = 0;
        if (_settings.TopK > 0 && _settings.TopK < logits.Length)
        {
            // The k best by insertion: most logits lose against the worst of them in one comparison.
            int k = _settings.TopK;
            for (int id = 0; id < logits.Length; id++)
            {
                float logit = logits[id];
                if ((count == k && logit <= _scores[k - 1]) || logit < threshold)
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

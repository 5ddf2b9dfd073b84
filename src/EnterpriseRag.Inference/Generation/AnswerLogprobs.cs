using System.Text;
using EnterpriseRag.Inference.Generation.Constraints;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Generation;

/// <summary>Collects the log probabilities of an answer's tokens until the update that carries their text goes out.</summary>
internal sealed class AnswerLogprobs(TokenScores scores, TokenVocabulary vocabulary, Tokenizer tokenizer)
{
    private readonly List<TokenLogProbability> _waiting = [];
    private int _place;

    /// <summary>Takes the next token of the answer.</summary>
    public void Add(int token)
    {
        ReadOnlySpan<int> ids = scores.TopIds(_place);
        ReadOnlySpan<float> values = scores.TopValues(_place);
        var top = new TokenLogProbability[ids.Length];
        for (int i = 0; i < top.Length; i++)
        {
            top[i] = Of(ids[i], values[i], []);
        }

        _waiting.Add(Of(token, scores.Chosen(_place), top));
        _place++;
    }

    /// <summary>Those of the tokens since the last call; null without any.</summary>
    public IReadOnlyList<TokenLogProbability>? Take()
    {
        if (_waiting.Count == 0)
        {
            return null;
        }

        TokenLogProbability[] taken = [.. _waiting];
        _waiting.Clear();
        return taken;
    }

    private TokenLogProbability Of(int token, float value, TokenLogProbability[] top)
    {
        // Special tokens add nothing to a text and go by their names.
        ReadOnlySpan<byte> bytes = vocabulary.Bytes(token);
        return bytes.IsEmpty && tokenizer.Token(token) is { } name
            ? new TokenLogProbability(name, [.. Encoding.UTF8.GetBytes(name)], value, [.. top])
            : new TokenLogProbability(Encoding.UTF8.GetString(bytes), [.. bytes], value, [.. top]);
    }
}

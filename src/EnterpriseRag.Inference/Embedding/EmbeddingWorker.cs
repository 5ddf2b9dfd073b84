using System.Numerics.Tensors;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Embedding;

/// <summary>
/// Tensors and plan of one thread. One text a run, without padding: activations are quantised over the whole tensor, so in a batch a text's vector would
/// depend on its neighbours. Allocates nothing while it runs.
/// </summary>
internal sealed class EmbeddingWorker : IDisposable
{
    private readonly OrtTensor _ids;
    private readonly OrtTensor _mask;
    private readonly OrtTensor? _types;
    private readonly OrtTensor _hidden;
    private readonly RunPlan _plan;
    private readonly int _width;
    private readonly int _maxTokens;
    private readonly Pooling[] _pooling;
    private readonly int _closingTokens;

    /// <param name="session">An encoder with the inputs input_ids, attention_mask and perhaps token_type_ids.</param>
    /// <param name="maxTokens">Special tokens included.</param>
    /// <param name="width">Of its hidden states.</param>
    /// <param name="pooling">The vector's parts.</param>
    /// <param name="closingTokens">Tokens at a text's end that stay when it is cut.</param>
    public EmbeddingWorker(OrtSession session, int maxTokens, int width, IReadOnlyList<Pooling> pooling, int closingTokens)
    {
        (_maxTokens, _width, _pooling, _closingTokens) = (maxTokens, width, [.. pooling], closingTokens);
        _ids = new OrtTensor(ElementType.Int64, maxTokens);
        _mask = new OrtTensor(ElementType.Int64, maxTokens);
        _mask.AllData<long>().Fill(1);
        _hidden = new OrtTensor(ElementType.Float, (long)maxTokens * width);
        List<(string, OrtTensor)> inputs = [("input_ids", _ids), ("attention_mask", _mask)];
        if (session.Inputs.Any(i => string.Equals(i.Name, "token_type_ids", StringComparison.Ordinal)))
        {
            _types = new OrtTensor(ElementType.Int64, maxTokens);
            _types.AllData<long>().Clear();
            inputs.Add(("token_type_ids", _types));
        }

        _plan = new RunPlan(session, inputs, [("last_hidden_state", _hidden)]);
    }

    /// <summary>Values of a hidden state.</summary>
    public int Width => _width;

    /// <summary>Writes the unit vector of a text.</summary>
    /// <param name="ids">With the template's special tokens. Beyond the model's limit the first ones and the closing ones are used.</param>
    /// <param name="vector">The width of the hidden states for each pooling.</param>
    /// <returns>Tokens used.</returns>
    /// <exception cref="ArgumentException">No token: a tokenizer without a template was given an empty text.</exception>
    public int Embed(ReadOnlySpan<int> ids, Span<float> vector)
    {
        ReadOnlySpan<float> states = States(ids, out int tokens);
        for (int i = 0; i < _pooling.Length; i++)
        {
            TokenPooling.Compute(_pooling[i], states, vector.Slice(i * _width, _width));
        }

        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        return tokens;
    }

    /// <summary>The hidden states of a text, row by row; valid until the next run.</summary>
    public ReadOnlySpan<float> States(ReadOnlySpan<int> ids, out int tokens)
    {
        if (ids.IsEmpty)
        {
            throw new ArgumentException("A text without any token has no vector.", nameof(ids));
        }

        tokens = Math.Min(ids.Length, _maxTokens);
        _ids.Reshape(1, tokens);
        _mask.Reshape(1, tokens);
        _types?.Reshape(1, tokens);
        _hidden.Reshape(1, tokens, _width);
        Span<long> input = _ids.Data<long>();
        int closing = ids.Length > tokens ? Math.Min(_closingTokens, tokens) : 0;
        for (int i = 0; i < tokens - closing; i++)
        {
            input[i] = ids[i];
        }

        for (int i = closing; i > 0; i--)
        {
            input[^i] = ids[^i];
        }

        _plan.Run();
        return _hidden.Data<float>();
    }

    public void Dispose()
    {
        _plan.Dispose();
        _ids.Dispose();
        _mask.Dispose();
        _types?.Dispose();
        _hidden.Dispose();
    }
}

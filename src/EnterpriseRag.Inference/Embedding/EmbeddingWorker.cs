using System.Numerics.Tensors;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;

namespace EnterpriseRag.Inference.Embedding;

/// <summary>
/// Tensors and plan of one thread. One text a run, without padding: activations are quantised over the whole tensor, so in a batch a text's vector would
/// depend on its neighbours.
/// </summary>
internal sealed class EmbeddingWorker : IDisposable
{
    private readonly OrtTensor _ids;
    private readonly OrtTensor _mask;
    private readonly OrtTensor? _types;
    private readonly OrtTensor _hidden;
    private readonly RunPlan _plan;
    private readonly int _dimensions;
    private readonly int _maxTokens;
    private readonly Pooling _pooling;

    public EmbeddingWorker(OrtSession session, int maxTokens, int dimensions, Pooling pooling)
    {
        (_maxTokens, _dimensions, _pooling) = (maxTokens, dimensions, pooling);
        _ids = new OrtTensor(ElementType.Int64, maxTokens);
        _mask = new OrtTensor(ElementType.Int64, maxTokens);
        _mask.AllData<long>().Fill(1);
        _hidden = new OrtTensor(ElementType.Float, (long)maxTokens * dimensions);
        List<(string, OrtTensor)> inputs = [("input_ids", _ids), ("attention_mask", _mask)];
        if (session.Inputs.Any(i => string.Equals(i.Name, "token_type_ids", StringComparison.Ordinal)))
        {
            _types = new OrtTensor(ElementType.Int64, maxTokens);
            _types.AllData<long>().Clear();
            inputs.Add(("token_type_ids", _types));
        }

        _plan = new RunPlan(session, inputs, [("last_hidden_state", _hidden)]);
    }

    /// <summary>Writes the unit vector of a text.</summary>
    /// <param name="ids">With the template's special tokens. Beyond the model's limit the first ones and the last (the closing token) are used.</param>
    /// <param name="vector">As long as the model's dimensions.</param>
    /// <returns>Tokens used.</returns>
    public int Embed(ReadOnlySpan<int> ids, Span<float> vector)
    {
        int tokens = Math.Min(ids.Length, _maxTokens);
        _ids.Reshape(1, tokens);
        _mask.Reshape(1, tokens);
        _types?.Reshape(1, tokens);
        _hidden.Reshape(1, tokens, _dimensions);
        Span<long> input = _ids.Data<long>();
        for (int i = 0; i < tokens; i++)
        {
            input[i] = ids[i];
        }

        input[tokens - 1] = ids[^1];
        _plan.Run();

        ReadOnlySpan<float> states = _hidden.Data<float>();
        states[.._dimensions].CopyTo(vector);
        if (_pooling == Pooling.Mean)
        {
            // The sum has the direction of the mean, and the length goes with the norm.
            for (int row = 1; row < tokens; row++)
            {
                TensorPrimitives.Add(vector, states.Slice(row * _dimensions, _dimensions), vector);
            }
        }

        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        return tokens;
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

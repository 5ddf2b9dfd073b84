using System.Numerics.Tensors;

namespace EnterpriseRag.Inference.Embedding;

/// <summary>One way to make one vector of the states of all tokens, the special ones included. Several are joined in this order, as sentence-transformers does.</summary>
internal enum Pooling
{
    FirstToken,
    Max,
    Mean,

    /// <summary>The sum by the square root of the number of tokens.</summary>
    MeanSquareRoot,

    /// <summary>The mean with the weights 1, 2, 3, … of the positions.</summary>
    WeightedMean,
    LastToken,
}

/// <summary>Computes a <see cref="Pooling"/>; without padding, so every row counts.</summary>
internal static class TokenPooling
{
    /// <param name="pooling">What to compute.</param>
    /// <param name="states">Whole rows, at least one, each as long as <paramref name="vector"/>.</param>
    /// <param name="vector">Receives the result.</param>
    public static void Compute(Pooling pooling, ReadOnlySpan<float> states, Span<float> vector)
    {
        int width = vector.Length;
        int rows = states.Length / width;
        states.Slice(pooling == Pooling.LastToken ? (rows - 1) * width : 0, width).CopyTo(vector);
        if (pooling is Pooling.FirstToken or Pooling.LastToken)
        {
            return;
        }

        for (int row = 1; row < rows; row++)
        {
            ReadOnlySpan<float> state = states.Slice(row * width, width);
            switch (pooling)
            {
                case Pooling.Max:
                    TensorPrimitives.Max(vector, state, vector);
                    break;
                case Pooling.WeightedMean:
                    TensorPrimitives.MultiplyAdd(state, row + 1, vector, vector);
                    break;
                default:
                    TensorPrimitives.Add(vector, state, vector);
                    break;
            }
        }

        float divisor = pooling switch
        {
            Pooling.Mean => rows,
            Pooling.MeanSquareRoot => MathF.Sqrt(rows),
            Pooling.WeightedMean => rows * (rows + 1f) / 2,
            _ => 1,
        };
        TensorPrimitives.Divide(vector, divisor, vector);
    }
}

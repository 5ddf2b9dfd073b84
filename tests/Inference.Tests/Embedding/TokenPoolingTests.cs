using EnterpriseRag.Inference.Embedding;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Embedding;

public sealed class TokenPoolingTests
{
    private static readonly float[] s_states = [1, -4, 3, 0, 8, 1]; // three tokens of two values

    [Fact]
    public void Each_pooling_is_what_sentence_transformers_computes()
    {
        Compute(Pooling.FirstToken).ShouldBe([1, -4]);
        Compute(Pooling.LastToken).ShouldBe([8, 1]);
        Compute(Pooling.Max).ShouldBe([8, 1]);
        Compute(Pooling.Mean).ShouldBe([4, -1]);
        Compute(Pooling.MeanSquareRoot).ShouldBe([12 / MathF.Sqrt(3), -3 / MathF.Sqrt(3)]);
        Compute(Pooling.WeightedMean).ShouldBe([(1 + 6 + 24) / 6f, (-4 + 0 + 3) / 6f]);
    }

    private static float[] Compute(Pooling pooling)
    {
        var vector = new float[2];
        TokenPooling.Compute(pooling, s_states, vector);
        return vector;
    }
}

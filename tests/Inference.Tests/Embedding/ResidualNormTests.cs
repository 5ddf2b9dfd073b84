using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Models.Import.Graphs;
using EnterpriseRag.Inference.Native;
using EnterpriseRag.Inference.Native.Bindings;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;
using Attribute = EnterpriseRag.Inference.Models.Import.Graphs.Attribute;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Tests.Embedding;

/// <summary>Our norm against the library's own operator. Equal bits are what lets vectors of both be compared.</summary>
public sealed class ResidualNormTests
{
    [Theory]
    [InlineData(1, 384, true)]
    [InlineData(31, 384, false)]
    [InlineData(32, 64, true)]
    [InlineData(77, 100, true)] // a width that is no whole vector
    [InlineData(190, 7, false)]
    public void Equals_the_library_to_the_bit(int rows, int width, bool withBias)
    {
        OrtEnvironment.Start(null, NullLogger.Instance);
        byte[] graph = Graph(width, withBias);
        float[] expected = Run(graph, [], rows, width, withBias);

        byte[] changed = EncoderGraph.TryChange(graph).ShouldNotBeNull();
        Run(changed, EncoderGraph.Operators, rows, width, withBias).ShouldBe(expected);
    }

    [Fact]
    public void Tensors_that_do_not_fit_are_refused()
    {
        var row = new float[8];
        Should.Throw<ArgumentException>(() => ResidualNorm.Compute(new float[12], new float[12], row, row, 1e-12f, [], new float[12]));
        Should.Throw<ArgumentException>(() => ResidualNorm.Compute(new float[16], new float[8], row, row, 1e-12f, [], new float[16]));
    }

    [Fact]
    public void A_norm_whose_sum_is_read_elsewhere_stays_as_it_is()
    {
        var graph = new GraphBuilder("norm");
        string[] inputs = [.. new[] { "x", "skip" }.Select(name => graph.Input(name, DataType.Float, "rows", 8)), .. new[] { "gamma", "beta" }.Select(name => graph.Input(name, DataType.Float, 8))];
        graph.Node(GraphBuilder.Microsoft, "SkipLayerNormalization", "y", inputs, ["y", "", "", "sum"], [Attribute.Of("epsilon", 1e-12f)]);

        EncoderGraph.TryChange(graph.Serialize()).ShouldBeNull();
    }

    private static byte[] Graph(int width, bool withBias)
    {
        var graph = new GraphBuilder("norm");
        List<string> inputs = [graph.Input("x", DataType.Float, 1, "rows", width), graph.Input("skip", DataType.Float, 1, "rows", width)];
        inputs.AddRange((withBias ? new[] { "gamma", "beta", "bias" } : ["gamma", "beta"]).Select(name => graph.Input(name, DataType.Float, width)));
        graph.Node(GraphBuilder.Microsoft, "SkipLayerNormalization", "y", inputs.ToArray(), Attribute.Of("epsilon", 1e-5f));
        graph.Output("y", DataType.Float, 1, "rows", width);
        return graph.Serialize();
    }

    private static float[] Run(byte[] graph, IReadOnlyList<CustomOperator> operators, int rows, int width, bool withBias)
    {
        using OrtSession session = OrtSession.Load(graph, AppContext.BaseDirectory, new SessionSettings { Threads = 1, Operators = operators }, NullLogger.Instance);
        var random = new Random(rows);
        List<(string Name, OrtTensor Tensor)> inputs = [("x", Random(random, 1, rows, width)), ("skip", Random(random, 1, rows, width)), ("gamma", Random(random, width)), ("beta", Random(random, width))];
        if (withBias)
        {
            inputs.Add(("bias", Random(random, width)));
        }

        using OrtTensor y = Random(random, 1, rows, width);
        using var plan = new RunPlan(session, inputs, [("y", y)]);
        plan.Run();
        float[] result = y.Data<float>().ToArray();
        inputs.ForEach(input => input.Tensor.Dispose());
        return result;
    }

    private static OrtTensor Random(Random random, params long[] shape)
    {
        var tensor = new OrtTensor(ElementType.Float, shape.Aggregate(1L, (product, size) => product * size));
        tensor.Reshape(shape);
        foreach (ref float value in tensor.Data<float>())
        {
            value = (float)((random.NextDouble() * 6) - 2.5);
        }

        return tensor;
    }
}

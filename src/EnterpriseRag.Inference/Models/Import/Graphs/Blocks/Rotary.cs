using EnterpriseRag.Inference.Models.Import.Weights;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>Names of the tables of cosines and sines, [positions, width].</summary>
/// <param name="Cos">Cosines.</param>
/// <param name="Sin">Sines.</param>
/// <param name="Size">Values of a head that turn.</param>
internal sealed record Rotary(string Cos, string Sin, int Size)
{
    /// <param name="graph">The graph that gets the tables.</param>
    /// <param name="name">Models with two bases have two pairs of tables.</param>
    /// <param name="positions">At least as many as a cache will ever hold: the node refuses more.</param>
    /// <param name="frequencies">Inverse frequencies, one a column.</param>
    /// <param name="width">Columns; those without a frequency do not turn (cosine 1, sine 0).</param>
    /// <param name="factor">Of all that turns.</param>
    public static Rotary Add(GraphBuilder graph, string name, int positions, double[] frequencies, int width, double factor)
    {
        var bytes = (long)positions * width * sizeof(float);
        var (cos, sin) = (graph.Data.Reserve(bytes), graph.Data.Reserve(bytes));
        graph.Data.Add(new RotaryJob(name, positions, frequencies, width, factor, cos, sin));
        return new Rotary(
            graph.External($"{name}.cos", DataType.Float, cos, positions, width),
            graph.External($"{name}.sin", DataType.Float, sin, positions, width),
            frequencies.Length * 2);
    }

    /// <summary>Turns the heads of a product in a node of its own, float [batch, sequence, heads · head size].</summary>
    public string Turn(GraphBuilder graph, string name, string x, string positions, int heads) => graph.Node(
        GraphBuilder.Microsoft,
        "RotaryEmbedding",
        name,
        [x, positions, Cos, Sin],
        Attribute.Of("interleaved", 0L),
        Attribute.Of("num_heads", heads),
        Attribute.Of("rotary_embedding_dim", Size));

    /// <summary>θ^(−2j/size), j = 0 … size/2 − 1: positions turn at these speeds before any scaling.</summary>
    public static double[] Frequencies(double theta, int size) => [.. Enumerable.Range(0, size / 2).Select(j => Math.Pow(theta, -2.0 * j / size))];
}

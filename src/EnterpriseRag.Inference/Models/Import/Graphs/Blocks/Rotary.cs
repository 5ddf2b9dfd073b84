using EnterpriseRag.Inference.Models.Import.Weights;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>Names of the tables of cosines and sines, [positions, head size / 2].</summary>
internal sealed record Rotary(string Cos, string Sin)
{
    /// <param name="graph">The graph that gets the tables.</param>
    /// <param name="name">Models with two bases have two pairs of tables.</param>
    /// <param name="positions">At least as many as a cache will ever hold: the node refuses more.</param>
    /// <param name="frequencies">Inverse frequencies, one a column.</param>
    public static Rotary Add(GraphBuilder graph, string name, int positions, double[] frequencies)
    {
        var bytes = (long)positions * frequencies.Length * sizeof(float);
        var (cos, sin) = (graph.Data.Reserve(bytes), graph.Data.Reserve(bytes));
        graph.Data.Add(new RotaryJob(name, positions, frequencies, cos, sin));
        return new Rotary(
            graph.External($"{name}.cos", DataType.Float, cos, positions, frequencies.Length),
            graph.External($"{name}.sin", DataType.Float, sin, positions, frequencies.Length));
    }

    /// <summary>θ^(−2j/size), j = 0 … size/2 − 1: positions turn at these speeds before any scaling.</summary>
    public static double[] Frequencies(double theta, int size) => [.. Enumerable.Range(0, size / 2).Select(j => Math.Pow(theta, -2.0 * j / size))];
}

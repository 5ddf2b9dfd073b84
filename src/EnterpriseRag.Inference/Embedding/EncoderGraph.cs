using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;
using EnterpriseRag.Inference.Native;
using Google.Protobuf;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Embedding;

/// <summary>Changes an encoder's graph in memory, before it is loaded, into one that gives the same bits sooner: its norms become <see cref="ResidualNorm"/>. The file stays as it is.</summary>
internal static class EncoderGraph
{
    private static readonly Lazy<CustomOperator[]> s_operators = new(() => [new ResidualNorm()]);

    private const string Fused = "SkipLayerNormalization";

    /// <summary>Epsilon of SkipLayerNormalization where the node names none.</summary>
    private const float DefaultEpsilon = 1e-12f;

    /// <summary>What a session of a changed graph needs. <see cref="OrtEnvironment"/> must have been started.</summary>
    public static IReadOnlyList<CustomOperator> Operators => s_operators.Value;

    /// <returns>The changed graph; null when it has nothing to change.</returns>
    public static byte[]? TryChange(byte[] onnx)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(onnx);
        NodeProto[] norms = [.. model.Graph.Node.Where(IsPlain)];
        if (norms.Length == 0)
        {
            return null;
        }

        foreach (NodeProto norm in norms)
        {
            float epsilon = norm.Attribute.FirstOrDefault(a => string.Equals(a.Name, "epsilon", StringComparison.Ordinal))?.F ?? DefaultEpsilon;
            string bias = norm.Input.Count > 4 ? norm.Input[4] : "";
            while (norm.Input.Count > 4)
            {
                norm.Input.RemoveAt(4);
            }

            norm.Input.Add(Constant(model.Graph, epsilon));
            if (bias.Length > 0)
            {
                norm.Input.Add(bias);
            }

            norm.Domain = CustomOperator.Domain;
            norm.OpType = ResidualNorm.Name;
            norm.Attribute.Clear();
        }

        model.OpsetImport.Add(new OperatorSetIdProto { Domain = CustomOperator.Domain, Version = 1 });
        return model.ToByteArray();
    }

    /// <summary>Same shapes for both summands (a skip may be broadcast), only the norm itself is read.</summary>
    private static bool IsPlain(NodeProto node) =>
        string.Equals(node.OpType, Fused, StringComparison.Ordinal) && node.Input.Count is 4 or 5 && node.Output.Skip(1).All(string.IsNullOrEmpty) && node.Input[3].Length > 0;

    private static string Constant(GraphProto graph, float epsilon)
    {
        string name = $"enterpriserag.epsilon.{BitConverter.SingleToInt32Bits(epsilon):x8}";
        if (!graph.Initializer.Any(i => string.Equals(i.Name, name, StringComparison.Ordinal)))
        {
            graph.Initializer.Add(new TensorProto { Name = name, DataType = DataType.Float, Dims = { 1 }, RawData = ByteString.CopyFrom(BitConverter.GetBytes(epsilon)) });
        }

        return name;
    }
}

using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;
using Google.Protobuf;

namespace EnterpriseRag.Inference.Generation.Decoding;

/// <summary>
/// Exports compute logits for every token of a run; sampling reads the last row only. For a prompt that is a fifth of all work (model in the box) and, at
/// 256 tokens a run, 50 MB of logits. So the graph is changed in memory before it is loaded: the head's input is cut to its last row. The file stays as it is.
/// </summary>
internal static class LastTokenHead
{
    private const string Index = "enterpriserag.last_token";
    private const string Row = "enterpriserag.last_hidden";

    // Elementwise nodes that may stand between the head's product and the logits (a scale, Gemma's soft cap, a cast).
    private static readonly HashSet<string> s_elementwise = new(["Cast", "Div", "Mul", "Tanh", "Identity"], StringComparer.Ordinal);
    private static readonly HashSet<string> s_products = new(["MatMul", "MatMulNBits", "FusedMatMul"], StringComparer.Ordinal);

    /// <returns>The changed graph; null when it gives one row already, or its head is not of a known form: then it runs as it is.</returns>
    public static byte[]? TryCut(byte[] onnx, string logitsName)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(onnx);
        GraphProto graph = model.Graph;
        ValueInfoProto? logits = graph.Output.FirstOrDefault(o => string.Equals(o.Name, logitsName, StringComparison.Ordinal));
        if (logits?.Type.TensorType.Shape is not { Dim.Count: 3 } shape || shape.Dim[1].DimValue == 1)
        {
            return null;
        }

        NodeProto? head = Producer(graph, logitsName);
        while (head is not null && s_elementwise.Contains(head.OpType))
        {
            head = Producer(graph, head.Input[0]);
        }

        if (head is null || !s_products.Contains(head.OpType))
        {
            return null;
        }

        graph.Initializer.Add(new TensorProto { Name = Index, DataType = TensorProto.Types.DataType.Int64, Dims = { 1 }, RawData = ByteString.CopyFrom(BitConverter.GetBytes(-1L)) });
        var gather = new NodeProto { OpType = "Gather", Name = Row, Input = { head.Input[0], Index }, Output = { Row } };
        gather.Attribute.Add(new AttributeProto { Name = "axis", I = 1, Type = AttributeProto.Types.AttributeType.Int });
        graph.Node.Insert(graph.Node.IndexOf(head), gather);
        head.Input[0] = Row;
        shape.Dim[1] = new TensorShapeProto.Types.Dimension { DimValue = 1 };
        return model.ToByteArray();
    }

    private static NodeProto? Producer(GraphProto graph, string value) => graph.Node.FirstOrDefault(n => n.Output.Contains(value));
}

using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;

namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>What every attention node needs to know about lengths, from the mask: six nodes, once a graph.</summary>
/// <param name="SequenceLengths">int32 [batch]: ones in the row's mask, less one.</param>
/// <param name="Total">int32 scalar: width of the mask.</param>
/// <param name="Sum">int64 [batch]: ones in the row's mask.</param>
internal sealed record Lengths(string SequenceLengths, string Total, string Sum)
{
    public static Lengths From(GraphBuilder graph, string attentionMask)
    {
        var one = graph.Int64s("one", 1);
        var int32 = Attribute.Of("to", (long)TensorProto.Types.DataType.Int32);
        var sum = graph.Node("", "ReduceSum", "/lengths/sum", [attentionMask, one], Attribute.Of("keepdims", 0L));
        var lessOne = graph.Node("", "Sub", "/lengths/less_one", [sum, one]);
        var sequence = graph.Node("", "Cast", "/lengths/seqlens_k", [lessOne], int32);
        var width = graph.Node("", "Shape", "/lengths/width", [attentionMask], Attribute.Of("start", 1L), Attribute.Of("end", 2L));
        var scalar = graph.Node("", "Squeeze", "/lengths/scalar", [width]);
        return new Lengths(sequence, graph.Node("", "Cast", "/lengths/total", [scalar], int32), sum);
    }

    /// <summary>
    /// int64 [batch, sequence]: positions of the new tokens, for rotation outside the attention node. Padding on the right makes the ones fewer than the tokens:
    /// such a row begins at 0 like the others.
    /// </summary>
    public string Positions(GraphBuilder graph, string inputIds)
    {
        var tokens = graph.Node("", "Shape", "/positions/tokens", [inputIds], Attribute.Of("start", 1L), Attribute.Of("end", 2L));
        var past = graph.Node("", "Sub", "/positions/past", [Sum, tokens]);
        var first = graph.Node("", "Max", "/positions/first", [past, graph.Int64s("zero", 0)]);
        var column = graph.Node("", "Unsqueeze", "/positions/column", [first, graph.Int64s("one", 1)]);
        var count = graph.Node("", "Squeeze", "/positions/count", [tokens]);
        var range = graph.Node("", "Range", "/positions/range", [graph.Int64("/positions/start", 0), count, graph.Int64("/positions/step", 1)]);
        return graph.Node("", "Add", "/positions", [column, range]);
    }
}

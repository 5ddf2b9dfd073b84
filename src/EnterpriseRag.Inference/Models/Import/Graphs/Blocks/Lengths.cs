using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;

namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>What every attention node needs to know about lengths, from the mask: six nodes, once a graph.</summary>
/// <param name="SequenceLengths">int32 [batch]: ones in the row's mask, less one.</param>
/// <param name="Total">int32 scalar: width of the mask.</param>
internal sealed record Lengths(string SequenceLengths, string Total)
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
        return new Lengths(sequence, graph.Node("", "Cast", "/lengths/total", [scalar], int32));
    }
}

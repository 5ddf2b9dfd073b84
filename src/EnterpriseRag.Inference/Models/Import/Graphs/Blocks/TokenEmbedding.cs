using EnterpriseRag.Inference.Models.Import.Weights;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>The token embedding and, when the model ties them, the head on the same stored weight.</summary>
internal sealed class TokenEmbedding
{
    private readonly GraphBuilder _graph;
    private readonly BlockWeight? _blocks;
    private readonly string? _floats;

    public TokenEmbedding(GraphBuilder graph, string name, string inputIds, WeightMatrix weight, WeightForm form)
    {
        _graph = graph;
        if (form == WeightForm.Float32)
        {
            var slot = graph.Data.Reserve(weight.Values * sizeof(float));
            graph.Data.Add(new FloatJob(weight, slot));
            _floats = graph.External(weight.Name, DataType.Float, slot, weight.Rows, weight.Columns);
            Rows = graph.Node("", "Gather", name, [_floats, inputIds]);
        }
        else
        {
            _blocks = BlockWeight.Add(graph, weight, form);
            Rows = GatherBlocks(_blocks, name, inputIds);
        }
    }

    /// <summary>float [batch, sequence, hidden].</summary>
    public string Rows { get; }

    /// <summary>The head of a tied model: one copy of the weight on disk and in memory.</summary>
    public string TiedHead(string name, string x) => _blocks is null
        ? _graph.Node(GraphBuilder.Microsoft, "FusedMatMul", name, [x, _floats ?? throw new InvalidOperationException("An embedding has blocks or floats.")], Attribute.Of("transB", 1L))
        : Linear.Multiply(_graph, name, x, _blocks, bias: null);

    private string GatherBlocks(BlockWeight weight, string name, string inputIds)
    {
        // Gather from the blocks as they lie and reshape the result: a Reshape of the weight itself would be folded at load into a second
        // copy in private memory.
        var gathered = _graph.Node(
            GraphBuilder.Microsoft,
            "GatherBlockQuantized",
            $"{name}/blocks",
            [weight.Quants, inputIds, weight.ScalesOfBlocks(_graph)],
            Attribute.Of("bits", 8L),
            Attribute.Of("block_size", WeightForms.BlockSize),
            Attribute.Of("gather_axis", 0L),
            Attribute.Of("quantize_axis", 2L));
        return _graph.Node("", "Reshape", name, [gathered, _graph.Int64s("embedding_shape", 0, 0, weight.Matrix.Columns)]);
    }
}

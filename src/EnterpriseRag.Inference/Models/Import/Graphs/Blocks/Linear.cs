using EnterpriseRag.Inference.Models.Import.Weights;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>A product with a weight, in the weight's form, and its bias.</summary>
internal static class Linear
{
    public static string Add(GraphBuilder graph, string name, string x, WeightMatrix weight, WeightMatrix? bias, WeightForm form)
    {
        graph.Products.Add((name, weight));
        if (form == WeightForm.Float32)
        {
            var slot = graph.Data.Reserve(weight.Values * sizeof(float));
            graph.Data.Add(new TransposedFloatJob(weight, slot));
            var product = graph.Node("", "MatMul", name, [x, graph.External(weight.Name, DataType.Float, slot, weight.Columns, weight.Rows)]);
            return bias is null ? product : graph.Node("", "Add", $"{name}/bias", [product, graph.Vector(bias)]);
        }

        return Multiply(graph, name, x, BlockWeight.Add(graph, weight, form), bias);
    }

    /// <summary>A product with a weight that stands in the graph already (the embedding as head).</summary>
    public static string Multiply(GraphBuilder graph, string name, string x, BlockWeight weight, WeightMatrix? bias)
    {
        var scales = weight.ScalesOfRows(graph);
        ReadOnlySpan<string> inputs = bias is null ? [x, weight.Quants, scales] : [x, weight.Quants, scales, "", "", graph.Vector(bias)];
        return graph.Node(
            GraphBuilder.Microsoft,
            "MatMulNBits",
            name,
            inputs,
            Attribute.Of("K", weight.Matrix.Columns),
            Attribute.Of("N", weight.Matrix.Rows),
            Attribute.Of("bits", weight.Bits),
            Attribute.Of("block_size", WeightForms.BlockSize),
            Attribute.Of("accuracy_level", graph.AccuracyLevel));
    }
}

using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;
using Google.Protobuf;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Adapters;

/// <summary>
/// Puts a slot beside each product of a decoder's graph, in memory: x·A·B is added to what the product gives. A and B have rank 0 in the graph and stand among its
/// inputs, which makes them replaceable at each run: unfed, the model answers alone. The weights stay in their file, which both graphs map.
/// </summary>
internal static class AdapterGraph
{
    /// <exception cref="ModelImportException">A slot whose product the graph does not have.</exception>
    public static byte[] Insert(ReadOnlySpan<byte> onnx, AdapterSlots slots)
    {
        var model = ModelProto.Parser.ParseFrom(onnx);
        var graph = model.Graph;
        var nodes = graph.Node.Where(node => node.Output.Count == 1).ToDictionary(node => node.Output[0], StringComparer.Ordinal);
        var added = new Dictionary<NodeProto, NodeProto[]>();
        foreach (var slot in slots.Products)
        {
            if (!nodes.TryGetValue(slot.Node, out var product))
            {
                throw new ModelImportException($"The graph has no product '{slot.Node}' although its list of slots names it. Import the model again.");
            }

            Declare(graph, slot.DownInput, [slot.Inputs, 0], slot);
            Declare(graph, slot.UpInput, [0, slot.Outputs], slot);
            var (alone, down, up) = ($"{slot.Node}/alone", $"{slot.Node}/lora_down", $"{slot.Node}/lora_up");
            product.Output[0] = alone;
            added[product] =
            [
                Node("MatMul", down, down, product.Input[0], slot.DownInput),
                Node("MatMul", up, up, down, slot.UpInput),
                Node("Add", $"{slot.Node}/lora_sum", slot.Node, alone, up),
            ];
        }

        var all = graph.Node.SelectMany(node => added.TryGetValue(node, out var behind) ? behind.Prepend(node) : [node]).ToList();
        graph.Node.Clear();
        graph.Node.AddRange(all);
        return model.ToByteArray();
    }

    private static void Declare(GraphProto graph, string name, long[] sizes, AdapterSlot slot)
    {
        var tensor = new TensorProto { Name = name, DataType = DataType.Float, RawData = ByteString.Empty };
        tensor.Dims.AddRange(sizes);
        graph.Initializer.Add(tensor);
        var shape = new TensorShapeProto();
        foreach (var size in sizes)
        {
            shape.Dim.Add(size == 0 ? new TensorShapeProto.Types.Dimension { DimParam = $"{slot.Node}.rank" } : new TensorShapeProto.Types.Dimension { DimValue = size });
        }

        graph.Input.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = DataType.Float, Shape = shape } } });
    }

    private static NodeProto Node(string op, string name, string output, params ReadOnlySpan<string> inputs)
    {
        var node = new NodeProto { OpType = op, Name = name, Output = { output } };
        node.Input.AddRange(inputs.ToArray());
        return node;
    }
}

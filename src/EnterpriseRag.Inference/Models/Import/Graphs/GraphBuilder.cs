using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Graphs.Onnx;
using EnterpriseRag.Inference.Models.Import.Weights;
using Google.Protobuf;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Graphs;

/// <summary>
/// Collects inputs, nodes and initialisers of one graph, in execution order, and the layout of its weights. Values are named by text; an
/// empty name is an input left out. Not thread-safe.
/// </summary>
internal sealed class GraphBuilder(string name)
{
    /// <summary>The domain of ONNX Runtime's own operators.</summary>
    public const string Microsoft = "com.microsoft";

    // Gelu with 'approximate' needs 20; these two were run with ONNX Runtime 1.30.
    private const int Opset = 21;
    private const int IrVersion = 10;

    private readonly GraphProto _graph = new() { Name = name };
    private readonly HashSet<string> _constants = new(StringComparer.Ordinal);

    /// <summary>
    /// Of quantised products: 4 rounds activations to 8 bits, 0 leaves them floats. At 8 bits level 0 is a slow fallback (27 times slower for one row), for comparisons.
    /// </summary>
    public long AccuracyLevel { get; init; } = 4;

    public ExternalData Data { get; } = new();

    /// <summary>Products with stored weights, by the names of their nodes: the places where an adapter may add something.</summary>
    public List<(string Node, WeightMatrix Weight)> Products { get; } = [];

    public int NodeCount => _graph.Node.Count;

    public string Input(string name, DataType type, params ReadOnlySpan<Dimension> dimensions)
    {
        _graph.Input.Add(Value(name, type, dimensions));
        return name;
    }

    public void Output(string name, DataType type, params ReadOnlySpan<Dimension> dimensions) => _graph.Output.Add(Value(name, type, dimensions));

    /// <summary>Adds a node with one output, named like the node.</summary>
    public string Node(string domain, string op, string name, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        Node(domain, op, name, inputs, [name], attributes);
        return name;
    }

    /// <summary>Adds a node whose outputs are named by the caller; an empty name is an output nobody reads.</summary>
    public void Node(string domain, string op, string name, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs, ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { Domain = domain, OpType = op, Name = name };
        node.Input.AddRange(inputs.ToArray());
        node.Output.AddRange(outputs.ToArray());
        node.Attribute.AddRange(attributes.ToArray());
        _graph.Node.Add(node);
    }

    /// <summary>A small constant inside the graph file; asked for twice it is written once.</summary>
    public string Int64s(string name, params ReadOnlySpan<long> values)
    {
        if (_constants.Add(name))
        {
            var tensor = new TensorProto { Name = name, DataType = DataType.Int64, RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values)) };
            tensor.Dims.Add(values.Length);
            _graph.Initializer.Add(tensor);
        }

        return name;
    }

    /// <summary>A whole number without dimensions, inside the graph file; asked for twice it is written once.</summary>
    public string Int64(string name, long value)
    {
        if (_constants.Add(name))
        {
            _graph.Initializer.Add(new TensorProto { Name = name, DataType = DataType.Int64, RawData = ByteString.CopyFrom(BitConverter.GetBytes(value)) });
        }

        return name;
    }

    /// <summary>A number without dimensions, inside the graph file; asked for twice it is written once.</summary>
    public string Float(string name, float value)
    {
        if (_constants.Add(name))
        {
            _graph.Initializer.Add(new TensorProto { Name = name, DataType = DataType.Float, RawData = ByteString.CopyFrom(BitConverter.GetBytes(value)) });
        }

        return name;
    }

    /// <summary>A tensor in the external data file. Two names may share a slot when the same bytes are wanted in two shapes.</summary>
    public string External(string name, DataType type, DataSlot slot, params ReadOnlySpan<long> dimensions)
    {
        var tensor = new TensorProto { Name = name, DataType = type, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.Dims.AddRange(dimensions.ToArray());
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = ExternalData.FileName });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = slot.Offset.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = slot.Bytes.ToString(CultureInfo.InvariantCulture) });
        _graph.Initializer.Add(tensor);
        return name;
    }

    /// <summary>A vector of floats (norm weight, bias) in the external data file.</summary>
    public string Vector(WeightMatrix vector)
    {
        var slot = Data.Reserve(vector.Values * sizeof(float));
        Data.Add(new FloatJob(vector, slot));
        return External(vector.Name, DataType.Float, slot, vector.Values);
    }

    /// <summary>The sum of vectors of one length and a number (a norm stored as w of 1 + w, two biases that meet in one sum).</summary>
    public string Sum(string name, float offset, params IReadOnlyList<WeightMatrix> vectors)
    {
        var slot = Data.Reserve(vectors[0].Values * sizeof(float));
        Data.Add(new VectorSumJob(name, vectors, offset, slot));
        return External(name, DataType.Float, slot, vectors[0].Values);
    }

    /// <summary>The graph file's bytes: the same for the same calls.</summary>
    public byte[] Serialize()
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "EnterpriseRag", ProducerVersion = ModelImporter.ImporterVersion, Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Microsoft, Version = 1 });
        return model.ToByteArray();
    }

    private static ValueInfoProto Value(string name, DataType type, ReadOnlySpan<Dimension> dimensions)
    {
        var shape = new TensorShapeProto();
        foreach (var dimension in dimensions)
        {
            shape.Dim.Add(dimension.ToProto());
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }
}

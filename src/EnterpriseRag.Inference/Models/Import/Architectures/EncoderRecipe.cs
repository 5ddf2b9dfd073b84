using EnterpriseRag.Inference.Models.Import.Graphs;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.Weights;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>
/// Writes the graph of a BERT-like encoder: word, position and type embeddings, norm, then layers of eight nodes. Texts are of type 0; padding stands behind
/// a text. Input: input_ids and attention_mask, int64 [batch, sequence]; output: last_hidden_state, float [batch, sequence, hidden].
/// </summary>
internal sealed class EncoderRecipe
{
    private const string Output = "last_hidden_state";

    private static readonly string[] s_stacked = ["attn_q", "attn_k", "attn_v"];

    private readonly EncoderShape _shape;
    private readonly TensorSet _tensors;
    private readonly WeightBits _bits;
    private readonly GraphBuilder _graph;

    private EncoderRecipe(EncoderShape shape, TensorSet tensors, ModelImportOptions options, string name) =>
        (_shape, _tensors, _bits, _graph) = (shape, tensors, options.Bits, new GraphBuilder(name) { AccuracyLevel = options.AccuracyLevel });

    /// <param name="name">Of the graph.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="tensors">All of them must be used.</param>
    /// <param name="options">Width of the weights.</param>
    public static GraphBuilder Write(string name, EncoderShape shape, TensorSet tensors, ModelImportOptions options)
    {
        var encoder = new EncoderRecipe(shape, tensors, options, name);
        encoder.Write();
        tensors.RefuseUnused();
        return encoder._graph;
    }

    private void Write()
    {
        var ids = _graph.Input("input_ids", DataType.Int64, "batch", "sequence");
        var mask = _graph.Input("attention_mask", DataType.Int64, "batch", "sequence");
        _graph.Output(Output, DataType.Float, "batch", "sequence", _shape.Hidden);
        var mask32 = _graph.Node("", "Cast", "mask32", [mask], Graphs.Attribute.Of("to", (long)DataType.Int32));
        var x = LayerNorm.First(_graph, "/embedding/norm", Embed(ids), Norm("token_norm"), _shape.Epsilon);
        for (var layer = 0; layer < _shape.Layers; layer++)
        {
            x = Layer(layer, x, mask32);
        }
    }

    private string Embed(string ids)
    {
        var words = new WeightMatrix("token_embd.weight", _tensors.Matrix("token_embd.weight", _shape.Vocabulary, _shape.Hidden));
        var embedding = new TokenEmbedding(_graph, "/embedding", ids, words, WeightForms.ForEmbedding(words, _bits));

        // One row a position, and the row of type 0: the same for each text, so they are summed before the words join.
        var positions = Floats("position_embd", _shape.Positions, _shape.Positions);
        var type = Floats("token_types", _shape.Types, 1);
        var length = _graph.Node("", "Shape", "/embedding/length", [ids], Graphs.Attribute.Of("start", 1L), Graphs.Attribute.Of("end", 2L));
        var first = _graph.Int64s("first_position", _shape.FirstPosition);
        var end = _graph.Node("", "Add", "/embedding/end", [length, first]);
        var rows = _graph.Node("", "Slice", "/embedding/positions", [positions, first, end, _graph.Int64s("zero", 0)]);
        var places = _graph.Node("", "Add", "/embedding/places", [rows, type]);
        return _graph.Node("", "Add", "/embedding/sum", [embedding.Rows, places]);
    }

    private string Layer(int layer, string x, string mask32)
    {
        var (block, node) = (FormattableString.Invariant($"blk.{layer}"), FormattableString.Invariant($"/layers.{layer}"));
        var (q, k, v) = ($"{node}/q", $"{node}/k", $"{node}/v");
        var qkv = Linear.Add(_graph, $"{node}/qkv", x, Stacked(block, ".weight", _shape.Hidden), bias: null, Form(Stacked(block, ".weight", _shape.Hidden)));
        _graph.Node("", "Split", $"{node}/split", [qkv], [q, k, v], [Graphs.Attribute.Of("axis", -1L), Graphs.Attribute.Of("num_outputs", 3L)]);
        var attended = _graph.Node(
            GraphBuilder.Microsoft, "MultiHeadAttention", $"{node}/attention", [q, k, v, _graph.Vector(Stacked(block, ".bias", 1)), mask32], Graphs.Attribute.Of("num_heads", _shape.Heads));
        x = Skip($"{node}/attn_norm", x, Product($"{node}/attn_output", attended, $"{block}.attn_output", _shape.Hidden, _shape.Hidden), $"{block}.attn_output", $"{block}.attn_norm");

        var up = Product($"{node}/ffn_up", x, $"{block}.ffn_up", _shape.FeedForward, _shape.Hidden);
        var active = Activation.AddBiased(_graph, $"{node}/{Activation.NodeName(_shape.Activation)}", up, _graph.Vector(Bias($"{block}.ffn_up", _shape.FeedForward)), _shape.Activation);
        var down = Product($"{node}/ffn_down", active, $"{block}.ffn_down", _shape.Hidden, _shape.FeedForward);
        return Skip(layer + 1 < _shape.Layers ? $"{node}/ffn_norm" : Output, x, down, $"{block}.ffn_down", $"{block}.ffn_norm");
    }

    /// <summary>Without its bias, which a later node adds.</summary>
    private string Product(string node, string x, string stem, int rows, int columns)
    {
        var weight = new WeightMatrix(stem, _tensors.Matrix($"{stem}.weight", rows, columns));
        return Linear.Add(_graph, node, x, weight, bias: null, Form(weight));
    }

    private string Skip(string node, string residual, string branch, string branchStem, string norm) =>
        LayerNorm.Last(_graph, node, residual, branch, Norm(norm), _graph.Vector(Bias(branchStem, _shape.Hidden)), _shape.Epsilon);

    /// <summary>Q above K above V.</summary>
    private WeightMatrix Stacked(string block, string part, int columns) => new($"{block}.attn_qkv{part}", [.. s_stacked.Select(name => columns == 1
        ? new RowSection(new ColumnVector(_tensors.Vector($"{block}.{name}{part}", _shape.Hidden)), 0, _shape.Hidden, RowOrder.AsStored)
        : new RowSection(_tensors.Matrix($"{block}.{name}{part}", _shape.Hidden, columns), 0, _shape.Hidden, RowOrder.AsStored))]);

    private WeightMatrix Bias(string stem, int length) => new($"{stem}.bias", _tensors.Vector($"{stem}.bias", length));

    /// <summary>Old checkpoints call a norm's weight gamma and its bias beta.</summary>
    private LayerNormWeights Norm(string stem)
    {
        var (weight, bias) = _tensors.Has($"{stem}.gamma") ? ("gamma", "beta") : ("weight", "bias");
        return new LayerNormWeights(
            _graph.Vector(new WeightMatrix($"{stem}.weight", _tensors.Vector($"{stem}.{weight}", _shape.Hidden))),
            _graph.Vector(new WeightMatrix($"{stem}.bias", _tensors.Vector($"{stem}.{bias}", _shape.Hidden))));
    }

    /// <summary>The first rows of a table, as floats: small, and added to every text.</summary>
    private string Floats(string stem, int rows, int used)
    {
        var table = new WeightMatrix($"{stem}.weight", new RowSection(_tensors.Matrix($"{stem}.weight", rows, _shape.Hidden), 0, used, RowOrder.AsStored));
        var slot = _graph.Data.Reserve(table.Values * sizeof(float));
        _graph.Data.Add(new FloatJob(table, slot));
        return _graph.External(table.Name, DataType.Float, slot, used, _shape.Hidden);
    }

    private WeightForm Form(WeightMatrix weight) => WeightForms.ForProjection(weight, _bits == WeightBits.Auto ? WeightBits.Eight : _bits);
}

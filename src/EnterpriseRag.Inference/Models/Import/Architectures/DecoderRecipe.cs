using EnterpriseRag.Inference.Models.Import.Graphs;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.Weights;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>
/// Writes the graph of a decoder from its shape: embedding, layers, head. Ten nodes a layer for the plain families. Layers with RMS norms are below, those with
/// layer norms in <c>DecoderRecipe.LayerNorms.cs</c>, mixtures of experts in <c>DecoderRecipe.Experts.cs</c>.
/// </summary>
internal sealed partial class DecoderRecipe
{
    private const string Logits = "logits";

    private readonly DecoderShape _shape;
    private readonly TensorSet _tensors;
    private readonly WeightBits _bits;
    private readonly GraphBuilder _graph;
    private readonly string _inputIds;
    private readonly string _mask;
    private readonly WeightForm _embeddingForm;
    private readonly SourceTensor _tokens;
    private readonly Lengths _lengths;
    private readonly IReadOnlyList<Rotary> _rotaries;
    private readonly string? _positions;
    private readonly TokenEmbedding _embedding;

    private DecoderRecipe(DecoderShape shape, TensorSet tensors, int context, ModelImportOptions options)
    {
        (_shape, _tensors, _bits) = (shape, tensors, options.Bits);
        _graph = new GraphBuilder(shape.Type) { AccuracyLevel = options.AccuracyLevel };
        _inputIds = _graph.Input("input_ids", DataType.Int64, "batch_size", "sequence_length");
        _mask = _graph.Input("attention_mask", DataType.Int64, "batch_size", "total_sequence_length");
        _tokens = tensors.Matrix("token_embd.weight", rows: null, shape.Hidden);
        _graph.Output(Logits, DataType.Float, "batch_size", "sequence_length", _tokens.Rows);

        _lengths = Lengths.From(_graph, _mask);
        _rotaries = [.. shape.Rotaries.Select((rotary, i) => Rotary.Add(
            _graph, i == 0 ? "rotary" : FormattableString.Invariant($"rotary{i}"), context, rotary.Frequencies, shape.RotatesOutside ? rotary.Size / 2 : shape.HeadSize / 2, rotary.Factor))];
        _positions = shape.RotatesOutside ? _lengths.Positions(_graph, _inputIds) : null;
        var weight = new WeightMatrix("token_embd.weight", _tokens);
        _embeddingForm = WeightForms.ForEmbedding(weight, options.Bits);
        _embedding = new TokenEmbedding(_graph, "/embedding", _inputIds, weight, _embeddingForm);
    }

    /// <param name="shape">Checked.</param>
    /// <param name="tensors">All of them must be used.</param>
    /// <param name="context">Positions of the tables.</param>
    /// <param name="options">Width of the weights.</param>
    /// <returns>The graph and the rows of its head.</returns>
    public static (GraphBuilder Graph, int Vocabulary) Write(DecoderShape shape, TensorSet tensors, int context, ModelImportOptions options)
    {
        var decoder = new DecoderRecipe(shape, tensors, context, options);
        var residual = decoder.Embed();
        decoder.Head(shape.RmsNorms ? decoder.RmsNormLayers(residual) : decoder.LayerNormLayers(residual));
        tensors.RefuseUnused();
        return (decoder._graph, decoder._tokens.Rows);
    }

    private string Embed() => _shape.EmbeddingScale == 1
        ? _embedding.Rows
        : _graph.Node("", "Mul", "/embedding/scaled", [_embedding.Rows, _graph.Float("/embedding/scale", _shape.EmbeddingScale)]);

    private string RmsNormLayers(string residual)
    {
        var normed = RmsNorm.First(_graph, "/layers.0/attn_norm", residual, Norm("blk.0.attn_norm.weight", _shape.Hidden), _shape.Epsilon);
        for (var layer = 0; layer < _shape.Layers; layer++)
        {
            var (block, node) = ($"blk.{layer}", $"/layers.{layer}");
            _tensors.Ignore($"{block}.attn_rot_embd.weight"); // frequencies that older converters stored beside the formula
            var attended = PostNorm(layer, "post_attention_norm", Attend(layer, normed, withBias: true));
            (normed, residual) = RmsNorm.Skip(_graph, $"{node}/ffn_norm", residual, attended, Norm($"{block}.ffn_norm.weight", _shape.Hidden), _shape.Epsilon);
            var fed = PostNorm(layer, "post_ffw_norm", _shape.Experts > 0 ? Mixture(layer, normed) : GatedFeedForward(layer, normed));
            (normed, residual) = layer + 1 < _shape.Layers
                ? RmsNorm.Skip(_graph, $"/layers.{layer + 1}/attn_norm", residual, fed, Norm($"blk.{layer + 1}.attn_norm.weight", _shape.Hidden), _shape.Epsilon)
                : (RmsNorm.Last(_graph, "/output_norm", residual, fed, Norm("output_norm.weight", _shape.Hidden), _shape.Epsilon), "");
        }

        return normed;
    }

    private string PostNorm(int layer, string stem, string x) => _shape.PostNorms
        ? RmsNorm.First(_graph, $"/layers.{layer}/{stem}", x, Norm($"blk.{layer}.{stem}.weight", _shape.Hidden), _shape.Epsilon)
        : x;

    private string GatedFeedForward(int layer, string normed)
    {
        var (block, node) = ($"blk.{layer}", $"/layers.{layer}");
        string gate, up;
        if (_shape.GateInUp)
        {
            var both = _tensors.Matrix($"{block}.ffn_up.weight", checked(2 * _shape.FeedForward), _shape.Hidden);
            gate = Product($"{node}/ffn_gate", normed, new WeightMatrix($"{block}.ffn_gate", new RowSection(both, 0, _shape.FeedForward, RowOrder.AsStored)), bias: null);
            up = Product($"{node}/ffn_up", normed, new WeightMatrix($"{block}.ffn_up", new RowSection(both, _shape.FeedForward, _shape.FeedForward, RowOrder.AsStored)), bias: null);
        }
        else
        {
            gate = Product($"{node}/ffn_gate", normed, $"{block}.ffn_gate", _shape.FeedForward, _shape.Hidden, _shape.FeedForwardBias);
            up = Product($"{node}/ffn_up", normed, $"{block}.ffn_up", _shape.FeedForward, _shape.Hidden, _shape.FeedForwardBias);
        }

        var gated = _graph.Node("", "Mul", $"{node}/gated", [Activation.Add(_graph, $"{node}/{Activation.NodeName(_shape.Activation)}", gate, _shape.Activation), up]);
        return Product($"{node}/ffn_down", gated, $"{block}.ffn_down", _shape.Hidden, _shape.FeedForward, _shape.FeedForwardBias);
    }

    /// <summary>Query, key and value, attention, output product.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="normed">What the layer reads.</param>
    /// <param name="withBias">Whether the output's bias is added here; false = a later node adds it.</param>
    private string Attend(int layer, string normed, bool withBias)
    {
        var node = $"/layers.{layer}";
        var kind = _shape.Attention[layer];
        var attention = new AttentionShape(
            _shape.Heads, _shape.KeyValueHeads, _shape.HeadSize, (float)(_shape.Scale ?? 1 / Math.Sqrt(_shape.HeadSize)), kind.Window, _shape.SoftCap);
        var rotary = _rotaries[kind.Rotary];
        var attended = Attention.Add(_graph, $"{node}/attention", layer, QueryKeyValue(layer, normed, rotary), attention, _lengths, _shape.RotatesOutside ? null : rotary);
        return Product($"{node}/attn_output", attended, $"blk.{layer}.attn_output", _shape.Hidden, _shape.QueryRows, withBias ? _shape.OutputBias : false);
    }

    /// <summary>One product where the attention node does the rest; three where heads are normalised or turned before it.</summary>
    private QkvValues QueryKeyValue(int layer, string normed, Rotary rotary)
    {
        var (block, node) = ($"blk.{layer}", $"/layers.{layer}");
        var order = HeadOrder(rotary);
        var weights = QkvSections.Weights(_shape, _tensors, block, order);
        var biases = QkvSections.Biases(_shape, _tensors, block, order);
        if (!_shape.HeadNorms && _positions is null)
        {
            return new QkvValues(Product($"{node}/qkv", normed, new WeightMatrix($"{block}.attn_qkv", weights.Stacked), biases is null ? null : new WeightMatrix($"{block}.attn_qkv.bias", biases.Stacked)), "", "");
        }

        var q = Heads("q", weights.Query, biases?.Query, _shape.Heads);
        var k = Heads("k", weights.Key, biases?.Key, _shape.KeyValueHeads);
        return new QkvValues(q, k, Product($"{node}/v", normed, new WeightMatrix($"{block}.attn_v", weights.Value), Bias("v", biases?.Value)));

        string Heads(string part, IReadOnlyList<RowSection> weight, IReadOnlyList<RowSection>? bias, int heads)
        {
            var x = Product($"{node}/{part}", normed, new WeightMatrix($"{block}.attn_{part}", weight), Bias(part, bias));
            x = _shape.HeadNorms ? HeadNorm(layer, part, x, heads, order) : x;
            return _positions is null ? x : rotary.Turn(_graph, $"{node}/{part}/rotary", x, _positions, heads);
        }

        WeightMatrix? Bias(string part, IReadOnlyList<RowSection>? sections) => sections is null ? null : new WeightMatrix($"{block}.attn_{part}.bias", sections);
    }

    private string HeadNorm(int layer, string part, string x, int heads, RowOrder order)
    {
        var (name, node) = ($"blk.{layer}.attn_{part}_norm.weight", $"/layers.{layer}/{part}");
        var stored = new WeightMatrix(name, new RowSection(new ColumnVector(_tensors.Vector(name, _shape.HeadSize)), 0, _shape.HeadSize, order));
        var apart = _graph.Node("", "Reshape", $"{node}/heads", [x, _graph.Int64s(FormattableString.Invariant($"heads_{heads}"), 0, 0, heads, _shape.HeadSize)]);
        var normed = RmsNorm.First(_graph, $"{node}/norm", apart, Vector(stored, _shape.NormOffset), _shape.Epsilon);
        return _graph.Node("", "Reshape", $"{node}/packed", [normed, _graph.Int64s(FormattableString.Invariant($"packed_{heads}"), 0, 0, heads * _shape.HeadSize)]);
    }

    private RowOrder HeadOrder(Rotary rotary) => _shape.Interleaved ? RowOrder.FromInterleavedHeads(_shape.HeadSize)
        : rotary.Size < _shape.HeadSize && !_shape.RotatesOutside ? RowOrder.ForPartialRotation(_shape.HeadSize, rotary.Size)
        : RowOrder.AsStored;

    private void Head(string normed)
    {
        var tied = _shape.Tied ?? !_tensors.Has("output.weight");
        var name = _shape.FinalSoftCap > 0 ? "/head" : Logits;
        if (tied)
        {
            _tensors.Ignore("output.weight"); // saved again by some exporters
            _embedding.TiedHead(name, normed);
        }
        else
        {
            Linear.Add(_graph, name, normed, new WeightMatrix("output.weight", _tensors.Matrix("output.weight", _tokens.Rows, _shape.Hidden)), bias: null, _embeddingForm);
        }

        if (_shape.FinalSoftCap > 0)
        {
            var cap = _graph.Float("/head/cap", _shape.FinalSoftCap);
            var bounded = _graph.Node("", "Tanh", "/head/tanh", [_graph.Node("", "Div", "/head/share", [name, cap])]);
            _graph.Node("", "Mul", Logits, [bounded, cap]);
        }
    }

    private string Norm(string name, int length) => Vector(new WeightMatrix(name, _tensors.Vector(name, length)), _shape.NormOffset);

    private string Vector(WeightMatrix vector, float offset) => offset == 0 ? _graph.Vector(vector) : _graph.Sum(vector.Name, offset, vector);

    /// <param name="node">Name of the node.</param>
    /// <param name="x">What is multiplied.</param>
    /// <param name="name">Stem of the tensor.</param>
    /// <param name="rows">Values that come out.</param>
    /// <param name="columns">Values that go in.</param>
    /// <param name="hasBias">Null = when the source holds one.</param>
    private string Product(string node, string x, string name, int rows, int columns, bool? hasBias)
    {
        var bias = hasBias ?? _tensors.Has($"{name}.bias") ? new WeightMatrix($"{name}.bias", _tensors.Vector($"{name}.bias", rows)) : null;
        return Product(node, x, new WeightMatrix(name, _tensors.Matrix($"{name}.weight", rows, columns)), bias);
    }

    private string Product(string node, string x, WeightMatrix weight, WeightMatrix? bias) => Linear.Add(_graph, node, x, weight, bias, WeightForms.ForProjection(weight, _bits));
}

using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>Layers of Falcon and GPT-NeoX: layer norms, a feed-forward of two products, both halves side by side or one after the other.</summary>
internal sealed partial class DecoderRecipe
{
    private string LayerNormLayers(string residual)
    {
        var normed = LayerNorm.First(_graph, $"/layers.0/{_shape.AttentionNorm}", residual, NormWeights($"blk.0.{_shape.AttentionNorm}"), _shape.Epsilon);
        for (var layer = 0; layer < _shape.Layers; layer++)
        {
            (normed, residual) = _shape.Parallel ? ParallelLayer(layer, normed, residual) : SequentialLayer(layer, normed, residual);
        }

        return normed;
    }

    /// <summary>Both halves read the layer's input; their sum, with both biases at once, joins the residual in the next layer's norm.</summary>
    private (string Normed, string Residual) ParallelLayer(int layer, string normed, string residual)
    {
        var (block, node) = ($"blk.{layer}", $"/layers.{layer}");
        var fed = _shape.FeedForwardNorm is { } norm ? LayerNorm.First(_graph, $"{node}/{norm}", residual, NormWeights($"{block}.{norm}"), _shape.Epsilon) : normed;
        var attended = Attend(layer, normed, withBias: false);
        var sum = _graph.Node("", "Add", $"{node}/sum", [attended, FeedForward(layer, fed)]);
        return NextNorm(layer, residual, sum, BranchBias($"{block}.branch.bias", $"{block}.attn_output.bias", _shape.OutputBias, $"{block}.ffn_down.bias", _shape.FeedForwardBias));
    }

    private (string Normed, string Residual) SequentialLayer(int layer, string normed, string residual)
    {
        var (block, node) = ($"blk.{layer}", $"/layers.{layer}");
        var norm = _shape.FeedForwardNorm ?? throw new InvalidOperationException("A sequential layer has two norms.");
        (normed, residual) = LayerNorm.Skip(
            _graph, $"{node}/{norm}", residual, Attend(layer, normed, withBias: false), NormWeights($"{block}.{norm}"), BiasOrNull($"{block}.attn_output.bias", _shape.OutputBias) is { } bias ? _graph.Vector(bias) : null, _shape.Epsilon);
        return NextNorm(layer, residual, FeedForward(layer, normed), BiasOrNull($"{block}.ffn_down.bias", _shape.FeedForwardBias) is { } down ? _graph.Vector(down) : null);
    }

    private (string Normed, string Residual) NextNorm(int layer, string residual, string branch, string? bias) => layer + 1 < _shape.Layers
        ? LayerNorm.Skip(_graph, $"/layers.{layer + 1}/{_shape.AttentionNorm}", residual, branch, NormWeights($"blk.{layer + 1}.{_shape.AttentionNorm}"), bias, _shape.Epsilon)
        : (LayerNorm.Last(_graph, "/output_norm", residual, branch, NormWeights("output_norm"), bias, _shape.Epsilon), "");

    /// <summary>Without the bias of its last product, which the next norm adds.</summary>
    private string FeedForward(int layer, string x)
    {
        var (block, node) = ($"blk.{layer}", $"/layers.{layer}");
        var up = Product($"{node}/ffn_up", x, $"{block}.ffn_up", _shape.FeedForward, _shape.Hidden, hasBias: false);
        var active = BiasOrNull($"{block}.ffn_up.bias", _shape.FeedForwardBias, _shape.FeedForward) is { } bias
            ? Activation.AddBiased(_graph, $"{node}/{Activation.NodeName(_shape.Activation)}", up, _graph.Vector(bias), _shape.Activation)
            : Activation.Add(_graph, $"{node}/{Activation.NodeName(_shape.Activation)}", up, _shape.Activation);
        return Product($"{node}/ffn_down", active, $"{block}.ffn_down", _shape.Hidden, _shape.FeedForward, hasBias: false);
    }

    private LayerNormWeights NormWeights(string stem) => new(Norm($"{stem}.weight", _shape.Hidden), _graph.Vector(new WeightMatrix($"{stem}.bias", _tensors.Vector($"{stem}.bias", _shape.Hidden))));

    private string? BranchBias(string name, string first, bool? hasFirst, string second, bool? hasSecond)
    {
        WeightMatrix[] biases = [.. new[] { BiasOrNull(first, hasFirst), BiasOrNull(second, hasSecond) }.OfType<WeightMatrix>()];
        return biases.Length == 0 ? null : _graph.Sum(name, 0, biases);
    }

    private WeightMatrix? BiasOrNull(string name, bool? has, int? length = null) =>
        has ?? _tensors.Has(name) ? new WeightMatrix(name, _tensors.Vector(name, length ?? _shape.Hidden)) : null;
}

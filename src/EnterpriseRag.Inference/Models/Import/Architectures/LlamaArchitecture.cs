using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.Graphs;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.Weights;
using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>
/// Llama 1 to 3, OpenLLaMA, Code Llama, SmolLM and Mistral without a window: RMS norms, grouped-query attention with full rotation, gated
/// SiLU. Ten nodes a layer. Rows of q and k are stored for llama.cpp's rotation of adjacent pairs and are put back.
/// </summary>
internal sealed class LlamaArchitecture() : GgufArchitecture("llama")
{
    private const string Logits = "logits";

    public override DecoderPlan Plan(GgufFile file, ModelImportOptions options)
    {
        var shape = LlamaShape.Read(file, options);
        var tensors = new GgufTensorSet(file);
        var graph = new GraphBuilder("llama");
        var inputIds = graph.Input("input_ids", DataType.Int64, "batch_size", "sequence_length");
        var mask = graph.Input("attention_mask", DataType.Int64, "batch_size", "total_sequence_length");
        var tokens = tensors.Matrix("token_embd.weight", rows: null, shape.Hidden);
        graph.Output(Logits, DataType.Float, "batch_size", "sequence_length", tokens.Rows);

        var lengths = Lengths.From(graph, mask);
        var rotary = Rotary.Add(graph, "rotary", shape.Context, Frequencies(shape, tensors));
        var form = WeightForms.ForEmbedding(options.Bits);
        var embedding = new TokenEmbedding(graph, "/embedding", inputIds, new WeightMatrix("token_embd.weight", tokens), form);

        var residual = embedding.Rows;
        var normed = RmsNorm.First(graph, "/layers.0/attn_norm", residual, Norm(tensors, "blk.0.attn_norm.weight", shape), shape.Epsilon);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            (normed, residual) = Layer(graph, tensors, shape, options.Bits, layer, normed, residual, lengths, rotary);
        }

        _ = tensors.Has("output.weight")
            ? Linear.Add(graph, Logits, normed, new WeightMatrix("output.weight", tensors.Matrix("output.weight", tokens.Rows, shape.Hidden)), bias: null, form)
            : embedding.TiedHead(Logits, normed);
        tensors.RefuseUnused();
        return new DecoderPlan(graph, new DecoderFacts("llama", shape.Layers, shape.Heads, shape.KeyValueHeads, shape.HeadSize, shape.Hidden, shape.Context, tokens.Rows));
    }

    private static (string Normed, string Residual) Layer(
        GraphBuilder graph, GgufTensorSet tensors, LlamaShape shape, WeightBits bits, int layer, string normed, string residual, Lengths lengths, Rotary rotary)
    {
        var (block, node) = ($"blk.{layer}", $"/layers.{layer}");
        tensors.Ignore($"{block}.attn_rot_embd.weight"); // frequencies that older converters stored beside the formula

        var qkv = Product(graph, $"{node}/qkv", normed, QueryKeyValue(tensors, block, shape), QueryKeyValueBias(tensors, block, shape), bits);
        var attention = new AttentionShape(shape.Heads, shape.KeyValueHeads, shape.HeadSize, (float)(1 / Math.Sqrt(shape.HeadSize)));
        var attended = Attention.Packed(graph, $"{node}/attention", layer, qkv, attention, lengths, rotary);
        var output = Product(graph, $"{node}/attn_output", attended, tensors, $"{block}.attn_output", shape.Hidden, shape.Heads * shape.HeadSize, bits);
        (normed, residual) = RmsNorm.Skip(graph, $"{node}/ffn_norm", residual, output, Norm(tensors, $"{block}.ffn_norm.weight", shape), shape.Epsilon);

        var gate = Product(graph, $"{node}/ffn_gate", normed, tensors, $"{block}.ffn_gate", shape.FeedForward, shape.Hidden, bits);
        var up = Product(graph, $"{node}/ffn_up", normed, tensors, $"{block}.ffn_up", shape.FeedForward, shape.Hidden, bits);
        var gated = graph.Node("", "Mul", $"{node}/gated", [Activation.Silu(graph, $"{node}/silu", gate), up]);
        var down = Product(graph, $"{node}/ffn_down", gated, tensors, $"{block}.ffn_down", shape.Hidden, shape.FeedForward, bits);
        return layer + 1 < shape.Layers
            ? RmsNorm.Skip(graph, $"/layers.{layer + 1}/attn_norm", residual, down, Norm(tensors, $"blk.{layer + 1}.attn_norm.weight", shape), shape.Epsilon)
            : (RmsNorm.Last(graph, "/output_norm", residual, down, Norm(tensors, "output_norm.weight", shape), shape.Epsilon), "");
    }

    /// <summary>Q above K above V: one product; q and k un-permuted by moving rows. A converter's option stores the three already stacked.</summary>
    private static WeightMatrix QueryKeyValue(GgufTensorSet tensors, string block, LlamaShape shape)
    {
        var heads = RowOrder.FromInterleavedHeads(shape.HeadSize);
        var (q, kv) = (shape.Heads * shape.HeadSize, shape.KeyValueHeads * shape.HeadSize);
        if (tensors.Has($"{block}.attn_qkv.weight"))
        {
            var stacked = tensors.Matrix($"{block}.attn_qkv.weight", q + kv + kv, shape.Hidden);
            return new WeightMatrix($"{block}.attn_qkv", new RowSection(stacked, 0, q + kv, heads), new RowSection(stacked, q + kv, kv, RowOrder.AsStored));
        }

        return new WeightMatrix(
            $"{block}.attn_qkv",
            new RowSection(tensors.Matrix($"{block}.attn_q.weight", q, shape.Hidden), 0, q, heads),
            new RowSection(tensors.Matrix($"{block}.attn_k.weight", kv, shape.Hidden), 0, kv, heads),
            new RowSection(tensors.Matrix($"{block}.attn_v.weight", kv, shape.Hidden), 0, kv, RowOrder.AsStored));
    }

    private static WeightMatrix? QueryKeyValueBias(GgufTensorSet tensors, string block, LlamaShape shape)
    {
        if (!tensors.Has($"{block}.attn_q.bias"))
        {
            return null;
        }

        var heads = RowOrder.FromInterleavedHeads(shape.HeadSize);
        var (q, kv) = (shape.Heads * shape.HeadSize, shape.KeyValueHeads * shape.HeadSize);
        return new WeightMatrix(
            $"{block}.attn_qkv.bias",
            new RowSection(new ColumnVector(tensors.Vector($"{block}.attn_q.bias", q)), 0, q, heads),
            new RowSection(new ColumnVector(tensors.Vector($"{block}.attn_k.bias", kv)), 0, kv, heads),
            new RowSection(new ColumnVector(tensors.Vector($"{block}.attn_v.bias", kv)), 0, kv, RowOrder.AsStored));
    }

    private static string Product(GraphBuilder graph, string node, string x, GgufTensorSet tensors, string name, int rows, int columns, WeightBits bits)
    {
        var bias = tensors.VectorOrNull($"{name}.bias", rows);
        return Product(graph, node, x, new WeightMatrix(name, tensors.Matrix($"{name}.weight", rows, columns)), bias is null ? null : new WeightMatrix(bias.Name, bias), bits);
    }

    private static string Product(GraphBuilder graph, string node, string x, WeightMatrix weight, WeightMatrix? bias, WeightBits bits) =>
        Linear.Add(graph, node, x, weight, bias, WeightForms.ForProjection(weight, bits));

    private static WeightMatrix Norm(GgufTensorSet tensors, string name, LlamaShape shape) => new(name, tensors.Vector(name, shape.Hidden));

    /// <summary>Llama 3's scaling is stored as divisors, linear scaling as one factor; no other key tells of either.</summary>
    private static double[] Frequencies(LlamaShape shape, GgufTensorSet tensors)
    {
        var frequencies = Rotary.Frequencies(shape.RopeTheta, shape.HeadSize);
        if (tensors.VectorOrNull("rope_freqs.weight", shape.HeadSize / 2) is not { } stored)
        {
            return [.. frequencies.Select(frequency => frequency / shape.RopeFactor)];
        }

        var packed = new byte[stored.RowBytes];
        var divisors = new float[stored.Columns];
        stored.ReadRows(0, packed);
        stored.Format.Decode(packed, divisors);
        return divisors.All(divisor => float.IsFinite(divisor) && divisor > 0)
            ? [.. frequencies.Zip(divisors, (frequency, divisor) => frequency / divisor)]
            : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"Tensor 'rope_freqs.weight' holds a divisor that is not above zero. The file is damaged."));
    }
}

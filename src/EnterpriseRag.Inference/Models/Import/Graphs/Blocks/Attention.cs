using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>Sizes and settings that all layers of a model share, or that a family varies by layer.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads.</param>
/// <param name="HeadSize">A multiple of 16 with rotation in the node, of 8 without (limits of the CPU kernel).</param>
/// <param name="Scale">Factor of the scores, mostly HeadSize^−0.5.</param>
/// <param name="Window">Tokens a position sees, itself included; −1 = all.</param>
/// <param name="SoftCap">0 = none.</param>
internal sealed record AttentionShape(int Heads, int KeyValueHeads, int HeadSize, float Scale, int Window = -1, float SoftCap = 0);

/// <summary>Query, key and value of a layer: packed in one row (key and value empty), or three values.</summary>
internal readonly record struct QkvValues(string Query, string Key, string Value);

/// <summary>Grouped-query attention with cache, one node a layer.</summary>
internal static class Attention
{
    /// <summary>Adds a layer's cache inputs and outputs and the node.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="name">Of the node and its output.</param>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="values">Packed or apart.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="lengths">Of the batch.</param>
    /// <param name="rotary">Tables for rotation in the node; null = the values are turned already.</param>
    /// <returns>float [batch, sequence, heads · head size].</returns>
    public static string Add(GraphBuilder graph, string name, int layer, QkvValues values, AttentionShape shape, Lengths lengths, Rotary? rotary)
    {
        var pastKey = graph.Input($"past_key_values.{layer}.key", DataType.Float, "batch_size", shape.KeyValueHeads, "past_sequence_length", shape.HeadSize);
        var pastValue = graph.Input($"past_key_values.{layer}.value", DataType.Float, "batch_size", shape.KeyValueHeads, "past_sequence_length", shape.HeadSize);
        var (presentKey, presentValue) = ($"present.{layer}.key", $"present.{layer}.value");
        string[] inputs = [values.Query, values.Key, values.Value, pastKey, pastValue, lengths.SequenceLengths, lengths.Total];
        graph.Node(
            GraphBuilder.Microsoft,
            "GroupQueryAttention",
            name,
            rotary is null ? inputs : [.. inputs, rotary.Cos, rotary.Sin],
            [name, presentKey, presentValue],
            [
                Attribute.Of("num_heads", shape.Heads),
                Attribute.Of("kv_num_heads", shape.KeyValueHeads),
                Attribute.Of("scale", shape.Scale),
                Attribute.Of("do_rotary", rotary is null ? 0L : 1L),
                Attribute.Of("rotary_interleaved", 0L),
                Attribute.Of("local_window_size", shape.Window),
                Attribute.Of("softcap", shape.SoftCap),
            ]);
        graph.Output(presentKey, DataType.Float, "batch_size", shape.KeyValueHeads, "total_sequence_length", shape.HeadSize);
        graph.Output(presentValue, DataType.Float, "batch_size", shape.KeyValueHeads, "total_sequence_length", shape.HeadSize);
        return name;
    }
}

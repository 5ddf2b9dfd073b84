using DataType = EnterpriseRag.Inference.Models.Import.Graphs.Onnx.TensorProto.Types.DataType;

namespace EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

/// <summary>Sizes and settings that all layers of a model share, or that a family varies by layer.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads.</param>
/// <param name="HeadSize">A multiple of 16 (the CPU kernel's limit with rotation).</param>
/// <param name="Scale">Factor of the scores, mostly HeadSize^−0.5.</param>
/// <param name="Window">Tokens a position sees, itself included; −1 = all.</param>
/// <param name="SoftCap">0 = none.</param>
internal sealed record AttentionShape(int Heads, int KeyValueHeads, int HeadSize, float Scale, int Window = -1, float SoftCap = 0);

/// <summary>Grouped-query attention with rotation and cache, one node a layer.</summary>
internal static class Attention
{
    /// <summary>Adds a layer's cache inputs and outputs and the node. <paramref name="query"/> is Q | K | V packed in one row.</summary>
    /// <returns>float [batch, sequence, heads · head size].</returns>
    public static string Packed(GraphBuilder graph, string name, int layer, string query, AttentionShape shape, Lengths lengths, Rotary rotary)
    {
        var pastKey = graph.Input($"past_key_values.{layer}.key", DataType.Float, "batch_size", shape.KeyValueHeads, "past_sequence_length", shape.HeadSize);
        var pastValue = graph.Input($"past_key_values.{layer}.value", DataType.Float, "batch_size", shape.KeyValueHeads, "past_sequence_length", shape.HeadSize);
        var (presentKey, presentValue) = ($"present.{layer}.key", $"present.{layer}.value");
        graph.Node(
            GraphBuilder.Microsoft,
            "GroupQueryAttention",
            name,
            [query, "", "", pastKey, pastValue, lengths.SequenceLengths, lengths.Total, rotary.Cos, rotary.Sin],
            [name, presentKey, presentValue],
            [
                Attribute.Of("num_heads", shape.Heads),
                Attribute.Of("kv_num_heads", shape.KeyValueHeads),
                Attribute.Of("scale", shape.Scale),
                Attribute.Of("do_rotary", 1L),
                Attribute.Of("rotary_interleaved", 0L),
                Attribute.Of("local_window_size", shape.Window),
                Attribute.Of("softcap", shape.SoftCap),
            ]);
        graph.Output(presentKey, DataType.Float, "batch_size", shape.KeyValueHeads, "total_sequence_length", shape.HeadSize);
        graph.Output(presentValue, DataType.Float, "batch_size", shape.KeyValueHeads, "total_sequence_length", shape.HeadSize);
        return name;
    }
}

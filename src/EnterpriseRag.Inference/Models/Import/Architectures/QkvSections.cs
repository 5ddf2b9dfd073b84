using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>Where the rows of a layer's query, key and value lie in the source, and in which order they go into the graph. Weights and biases alike.</summary>
/// <param name="Query">Rows of Q.</param>
/// <param name="Key">Rows of K.</param>
/// <param name="Value">Rows of V.</param>
internal sealed record QkvSections(IReadOnlyList<RowSection> Query, IReadOnlyList<RowSection> Key, IReadOnlyList<RowSection> Value)
{
    public IReadOnlyList<RowSection> Stacked => [.. Query, .. Key, .. Value];

    /// <param name="shape">Sizes and layout.</param>
    /// <param name="tensors">The source.</param>
    /// <param name="block">Stem of the layer, such as blk.0.</param>
    /// <param name="heads">Order of the rows within a head of Q and K.</param>
    public static QkvSections Weights(DecoderShape shape, TensorSet tensors, string block, RowOrder heads) =>
        Of(shape, tensors.Has($"{block}.attn_qkv.weight"), (part, rows) => tensors.Matrix($"{block}.attn_{part}.weight", rows, shape.Hidden), heads);

    /// <summary>Null where the products have none.</summary>
    public static QkvSections? Biases(DecoderShape shape, TensorSet tensors, string block, RowOrder heads)
    {
        var stacked = tensors.Has($"{block}.attn_qkv.weight");
        return shape.QkvBias ?? tensors.Has(stacked ? $"{block}.attn_qkv.bias" : $"{block}.attn_q.bias")
            ? Of(shape, stacked, (part, rows) => new ColumnVector(tensors.Vector($"{block}.attn_{part}.bias", rows)), heads)
            : null;
    }

    private static QkvSections Of(DecoderShape shape, bool stacked, Func<string, int, SourceTensor> tensor, RowOrder heads)
    {
        var (q, kv) = (shape.QueryRows, shape.KeyRows);
        if (!stacked)
        {
            return new QkvSections([new(tensor("q", q), 0, q, heads)], [new(tensor("k", kv), 0, kv, heads)], [new(tensor("v", kv), 0, kv, RowOrder.AsStored)]);
        }

        var all = tensor("qkv", q + kv + kv);
        if (shape.Qkv != QkvRows.Grouped)
        {
            return new QkvSections([new(all, 0, q, heads)], [new(all, q, kv, heads)], [new(all, q + kv, kv, RowOrder.AsStored)]);
        }

        var (queries, one) = (q / shape.KeyValueHeads, shape.HeadSize);
        var groups = Enumerable.Range(0, shape.KeyValueHeads).Select(group => group * (queries + (2 * one))).ToList();
        return new QkvSections(
            [.. groups.Select(start => new RowSection(all, start, queries, heads))],
            [.. groups.Select(start => new RowSection(all, start + queries, one, heads))],
            [.. groups.Select(start => new RowSection(all, start + queries + one, one, RowOrder.AsStored))]);
    }
}

using System.Globalization;

namespace EnterpriseRag.Inference.Models.Import.HuggingFace;

/// <summary>
/// How a family names its tensors in a Hugging Face folder: the importer's stem (without .weight or .bias, N for the layer, E for the expert) to the folder's.
/// </summary>
internal sealed class TensorNames(IReadOnlyDictionary<string, string> stems)
{
    /// <summary>Names shared by the families that follow Llama.</summary>
    public static readonly TensorNames Llama = new(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["token_embd"] = "model.embed_tokens",
        ["output_norm"] = "model.norm",
        ["output"] = "lm_head",
        ["blk.N.attn_norm"] = "model.layers.N.input_layernorm",
        ["blk.N.attn_q"] = "model.layers.N.self_attn.q_proj",
        ["blk.N.attn_k"] = "model.layers.N.self_attn.k_proj",
        ["blk.N.attn_v"] = "model.layers.N.self_attn.v_proj",
        ["blk.N.attn_q_norm"] = "model.layers.N.self_attn.q_norm",
        ["blk.N.attn_k_norm"] = "model.layers.N.self_attn.k_norm",
        ["blk.N.attn_output"] = "model.layers.N.self_attn.o_proj",
        ["blk.N.ffn_norm"] = "model.layers.N.post_attention_layernorm",
        ["blk.N.ffn_gate"] = "model.layers.N.mlp.gate_proj",
        ["blk.N.ffn_up"] = "model.layers.N.mlp.up_proj",
        ["blk.N.ffn_down"] = "model.layers.N.mlp.down_proj",
    });

    /// <summary>The same names with some in place of others.</summary>
    public TensorNames With(params ReadOnlySpan<(string Stem, string Published)> changes)
    {
        var changed = new Dictionary<string, string>(stems, StringComparer.Ordinal);
        foreach (var (stem, published) in changes)
        {
            changed[stem] = published;
        }

        return new TensorNames(changed);
    }

    /// <summary>The same stems with other names.</summary>
    public TensorNames Renamed(Func<string, string> rename) => new(stems.ToDictionary(stem => stem.Key, stem => rename(stem.Value), StringComparer.Ordinal));

    /// <summary>blk.3.attn_q.weight to model.layers.3.self_attn.q_proj.weight; null for a tensor that the family does not have.</summary>
    public string? Published(string name)
    {
        var parts = name.Split('.');
        string? layer = null, expert = null;
        if (parts is ["blk", var number, ..])
        {
            (layer, parts[1]) = (number, "N");
        }

        if (parts.Length == 5 && int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            (expert, parts[3]) = (parts[3], "E");
        }

        return stems.TryGetValue(string.Join('.', parts[..^1]), out var stem)
            ? string.Join('.', stem.Split('.').Select(part => part switch { "N" => layer, "E" => expert, _ => part })) + "." + parts[^1]
            : null;
    }
}

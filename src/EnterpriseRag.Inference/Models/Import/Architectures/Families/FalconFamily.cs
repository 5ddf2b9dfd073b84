using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>
/// Falcon: layer norms, attention and feed-forward side by side. Three layouts: 7B (one key head, one norm), 40B (groups, two norms), 11B (groups, one norm).
/// </summary>
internal sealed class FalconFamily : DecoderFamily
{
    private static readonly TensorNames s_names = new(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["token_embd"] = "transformer.word_embeddings",
        ["output_norm"] = "transformer.ln_f",
        ["output"] = "lm_head",
        ["blk.N.attn_norm"] = "transformer.h.N.input_layernorm",
        ["blk.N.attn_qkv"] = "transformer.h.N.self_attention.query_key_value",
        ["blk.N.attn_output"] = "transformer.h.N.self_attention.dense",
        ["blk.N.ffn_up"] = "transformer.h.N.mlp.dense_h_to_4h",
        ["blk.N.ffn_down"] = "transformer.h.N.mlp.dense_4h_to_h",
    });

    // GGUF's names for two norms are the other way round than one expects: attn_norm feeds the feed-forward.
    private static readonly TensorNames s_twoNorms = s_names.With(("blk.N.attn_norm_2", "transformer.h.N.ln_attn"), ("blk.N.attn_norm", "transformer.h.N.ln_mlp"));

    public override IReadOnlyList<string> ModelTypes => ["falcon"];

    public override IReadOnlyList<string> Architectures => ["falcon"];

    protected override TensorNames Names(DecoderShape shape) => shape.FeedForwardNorm is null ? s_names : s_twoNorms;

    protected override DecoderShape Describe(ConfigJson config)
    {
        var grouped = config.Flag("new_decoder_architecture", absent: false);
        if (config.Flag("alibi", absent: false))
        {
            throw DecoderShape.Unsupported(config.Name, "places tokens by alibi (Falcon-RW)");
        }

        if (!grouped && !config.Flag("parallel_attn", absent: true))
        {
            throw DecoderShape.Unsupported(config.Name, "computes its halves one after the other (Falcon-RW)");
        }

        var hidden = config.Number("hidden_size", 1, DecoderShape.MaxHidden);
        var heads = config.Number("num_attention_heads", 1, DecoderShape.MaxHeads);
        var layers = config.Number("num_hidden_layers", 1, DecoderShape.MaxLayers);
        var oneKey = !grouped && config.Flag("multi_query", absent: true);
        var headSize = Math.Max(hidden / heads, 1);
        var bias = config.Flag("bias", absent: false);
        return Falcon(
            new DecoderShape
            {
                Type = "decoder",
                Layers = layers,
                Hidden = hidden,
                FeedForward = config.Number("ffn_hidden_size", 1, DecoderShape.MaxFeedForward, absent: 4 * hidden),
                Heads = heads,
                KeyValueHeads = oneKey ? 1 : grouped ? config.Number("num_kv_heads", 1, heads, absent: heads) : heads,
                HeadSize = headSize,
                Epsilon = (float)config.Real("layer_norm_epsilon", 1e-5),
                Context = config.Number("max_position_embeddings", 1, int.MaxValue, absent: 2048),
                Tied = config.Flag("tie_word_embeddings", absent: true),
                Activation = SharedSettings.Activation(config, "activation", ActivationKind.Gelu),
                Rotaries = [RotaryShape.Read(config, headSize)],
                Attention = DecoderShape.Uniform(layers),
                Qkv = oneKey ? QkvRows.Stacked : QkvRows.Grouped,
                QkvBias = bias,
                OutputBias = bias,
                FeedForwardBias = bias,
            },
            twoNorms: grouped && config.Number("num_ln_in_parallel_attn", 1, 2, absent: 2) == 2);
    }

    protected override DecoderShape Describe(GgufKeys keys, TensorSet tensors)
    {
        if (keys.TextOrNull("tensor_data_layout") is not (null or "jploski") and var layout)
        {
            throw DecoderShape.Unsupported(keys.Source, $"has its tensors in the layout '{layout}'");
        }

        var shape = SharedSettings.Read(keys, "decoder", "attention.layer_norm_epsilon");
        return Falcon(shape with { Activation = ActivationKind.Gelu, Rotaries = [RotaryShape.Read(keys, tensors, shape.HeadSize)], Qkv = QkvRows.Stacked }, tensors.Has("blk.0.attn_norm_2.weight"));
    }

    private static DecoderShape Falcon(DecoderShape shape, bool twoNorms) => shape with
    {
        RmsNorms = false,
        Parallel = true,
        AttentionNorm = twoNorms ? "attn_norm_2" : "attn_norm",
        FeedForwardNorm = twoNorms ? "attn_norm" : null,
    };
}

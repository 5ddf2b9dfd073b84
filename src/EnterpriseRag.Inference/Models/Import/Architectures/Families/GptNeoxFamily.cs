using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>GPT-NeoX, Pythia: layer norms, a quarter of each head turns, attention and feed-forward side by side or, in some, one after the other.</summary>
internal sealed class GptNeoxFamily : DecoderFamily
{
    private static readonly TensorNames s_names = new(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["token_embd"] = "gpt_neox.embed_in",
        ["output_norm"] = "gpt_neox.final_layer_norm",
        ["output"] = "embed_out",
        ["blk.N.attn_norm"] = "gpt_neox.layers.N.input_layernorm",
        ["blk.N.ffn_norm"] = "gpt_neox.layers.N.post_attention_layernorm",
        ["blk.N.attn_qkv"] = "gpt_neox.layers.N.attention.query_key_value",
        ["blk.N.attn_output"] = "gpt_neox.layers.N.attention.dense",
        ["blk.N.ffn_up"] = "gpt_neox.layers.N.mlp.dense_h_to_4h",
        ["blk.N.ffn_down"] = "gpt_neox.layers.N.mlp.dense_4h_to_h",
    });

    public override IReadOnlyList<string> ModelTypes => ["gpt_neox"];

    public override IReadOnlyList<string> Architectures => ["gptneox"];

    protected override TensorNames Names(DecoderShape shape) => s_names;

    protected override DecoderShape Describe(ConfigJson config)
    {
        var shape = SharedSettings.Read(config, "decoder", new ConfigDefaults(Context: 2048, Epsilon: 1e-5));
        var bias = config.Flag("attention_bias", absent: true);
        return NeoX(shape, config.Flag("use_parallel_residual", absent: true)) with
        {
            Epsilon = (float)config.Real("layer_norm_eps", 1e-5),
            Activation = SharedSettings.Activation(config, "hidden_act", ActivationKind.Gelu),
            KeyValueHeads = shape.Heads,
            Rotaries = [RotaryShape.Read(config, shape.HeadSize, partial: true, part: 0.25)],
            Qkv = QkvRows.Grouped,
            QkvBias = bias,
            OutputBias = bias,
            FeedForwardBias = true,
        };
    }

    protected override DecoderShape Describe(GgufKeys keys, TensorSet tensors)
    {
        var shape = SharedSettings.Read(keys, "decoder", "attention.layer_norm_epsilon");
        return NeoX(shape, keys.Flag("use_parallel_residual", absent: true)) with
        {
            Activation = ActivationKind.Gelu,
            Rotaries = [RotaryShape.Read(keys, tensors, shape.HeadSize, partial: true)],
            Qkv = QkvRows.Stacked,
        };
    }

    private static DecoderShape NeoX(DecoderShape shape, bool parallel) => shape with { RmsNorms = false, Parallel = parallel };
}

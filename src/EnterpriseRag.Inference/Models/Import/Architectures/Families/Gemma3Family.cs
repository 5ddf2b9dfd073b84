using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>
/// Gemma 3, its language part: Gemma 2 with normalised heads, no caps, five windowed layers for each full one, and a rotation of its own for either kind. The
/// sizes from 4B on are published inside a model that also sees; that part is left out.
/// </summary>
internal sealed class Gemma3Family : DecoderFamily
{
    private const int Windowed = 0;
    private const int Full = 1;
    private const int Pattern = 6;
    private const int LayersOf27B = 62;

    private static readonly TensorNames s_names = TensorNames.Llama.With(
        ("blk.N.post_attention_norm", "model.layers.N.post_attention_layernorm"),
        ("blk.N.ffn_norm", "model.layers.N.pre_feedforward_layernorm"),
        ("blk.N.post_ffw_norm", "model.layers.N.post_feedforward_layernorm"));

    public override IReadOnlyList<string> ModelTypes => ["gemma3_text", "gemma3"];

    public override IReadOnlyList<string> Architectures => ["gemma3"];

    protected override TensorNames Names(DecoderShape shape) => s_names;

    protected override DecoderShape Describe(ConfigJson config)
    {
        if (config.Flag("use_bidirectional_attention", absent: false))
        {
            throw DecoderShape.Unsupported(config.Name, "is an encoder (use_bidirectional_attention)");
        }

        var shape = SharedSettings.Read(config, "gemma3_text", new ConfigDefaults(131_072, 1e-6, KeyValueHeads: 4, HeadSize: 256, Heads: 8, Hidden: 2304, FeedForward: 9216, Layers: 26, Tied: true));
        var pattern = config.NumberOrNull("sliding_window_pattern", 1, DecoderShape.MaxLayers) ?? config.Number("_sliding_window_pattern", 1, DecoderShape.MaxLayers, absent: Pattern);
        var window = SharedSettings.Window(config, absent: 4096);
        return Gemma2Family.Gemma(shape, 1 / Math.Sqrt(config.Real("query_pre_attn_scalar", 256))) with
        {
            Activation = SharedSettings.Activation(config, "hidden_activation", ActivationKind.GeluTanh),
            NormOffset = 1,
            HeadNorms = true,
            Rotaries = [WindowedRotary(config, shape), RotaryShape.Read(config, shape.HeadSize, theta: 1_000_000, layerType: "full_attention")],
            Attention = SharedSettings.Pattern(config, shape.Layers, window ?? -1, layer => (layer + 1) % pattern != 0, Full),
            SoftCap = Gemma2Family.Cap(config, "attn_logit_softcapping", 0),
            FinalSoftCap = Gemma2Family.Cap(config, "final_logit_softcapping", 0),
            QkvBias = config.Flag("attention_bias", absent: false),
            OutputBias = config.Flag("attention_bias", absent: false),
        };
    }

    protected override DecoderShape Describe(GgufKeys keys, TensorSet tensors)
    {
        var shape = SharedSettings.Read(keys, "gemma3_text");
        var window = keys.Number("attention.sliding_window", 1, DecoderShape.MaxWindow);
        var flags = keys.FlagsOrNull("attention.sliding_window_pattern");
        var pattern = flags is null ? keys.Number("attention.sliding_window_pattern", 1, DecoderShape.MaxLayers, absent: Pattern) : 0;
        return Gemma2Family.Gemma(shape, Gemma2Family.ScaleOf(shape, LayersOf27B)) with
        {
            HeadNorms = true,
            Rotaries = [RotaryShape.Plain(keys.Real("rope.freq_base_swa", absent: 10_000), shape.HeadSize), RotaryShape.Read(keys, tensors, shape.HeadSize, theta: 1_000_000)],
            Attention = [.. Enumerable.Range(0, shape.Layers).Select(layer => (flags is null ? (layer + 1) % pattern != 0 : layer < flags.Length && flags[layer]) ? new LayerAttention(window, Windowed) : new LayerAttention(-1, Full))],
        };
    }

    /// <summary>Only the full layers are scaled. Newer files give both kinds an object of their own; older ones one base beside the other.</summary>
    private static RotaryShape WindowedRotary(ConfigJson config, DecoderShape shape) => config.Child("rope_parameters")?.Child("sliding_attention") is not null
        ? RotaryShape.Read(config, shape.HeadSize, layerType: "sliding_attention")
        : RotaryShape.Plain(config.Real("rope_local_base_freq", 10_000), shape.HeadSize);

}

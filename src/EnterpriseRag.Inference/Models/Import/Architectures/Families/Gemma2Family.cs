using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>Gemma 2: four norms a layer with weights of 1 + w, GELU in its tanh form, capped scores and logits, a window in every other layer.</summary>
internal sealed class Gemma2Family : DecoderFamily
{
    private static readonly TensorNames s_names = TensorNames.Llama.With(
        ("blk.N.post_attention_norm", "model.layers.N.post_attention_layernorm"),
        ("blk.N.ffn_norm", "model.layers.N.pre_feedforward_layernorm"),
        ("blk.N.post_ffw_norm", "model.layers.N.post_feedforward_layernorm"));

    // The 27B is the one model whose scores are not scaled by the size of its heads, which no key of a GGUF file says.
    private const int LayersOf27B = 46;

    public override IReadOnlyList<string> ModelTypes => ["gemma2"];

    public override IReadOnlyList<string> Architectures => ["gemma2"];

    protected override TensorNames Names(DecoderShape shape) => s_names;

    protected override DecoderShape Describe(ConfigJson config)
    {
        var shape = SharedSettings.Read(config, "gemma2", new ConfigDefaults(8192, 1e-6, KeyValueHeads: 4, HeadSize: 256, Heads: 8, Hidden: 2304, FeedForward: 9216, Layers: 26, Tied: true));
        return Gemma(shape, 1 / Math.Sqrt(config.Real("query_pre_attn_scalar", 256))) with
        {
            Activation = SharedSettings.Activation(config, "hidden_activation", ActivationKind.GeluTanh),
            NormOffset = 1,
            Rotaries = [RotaryShape.Read(config, shape.HeadSize)],
            Attention = SharedSettings.Window(config, absent: 4096) is { } window ? SharedSettings.Pattern(config, shape.Layers, window, IsWindowed) : DecoderShape.Uniform(shape.Layers),
            SoftCap = Cap(config, "attn_logit_softcapping", 50),
            FinalSoftCap = Cap(config, "final_logit_softcapping", 30),
            QkvBias = config.Flag("attention_bias", absent: false),
            OutputBias = config.Flag("attention_bias", absent: false),
        };
    }

    protected override DecoderShape Describe(GgufKeys keys, TensorSet tensors)
    {
        var shape = SharedSettings.Read(keys, "gemma2");
        var window = keys.Number("attention.sliding_window", 1, DecoderShape.MaxWindow, absent: 4096);
        return Gemma(shape, ScaleOf(shape, LayersOf27B)) with
        {
            Rotaries = [RotaryShape.Read(keys, tensors, shape.HeadSize)],
            Attention = [.. Enumerable.Range(0, shape.Layers).Select(layer => new LayerAttention(IsWindowed(layer) ? window : -1, 0))],
            SoftCap = (float)keys.Real("attn_logit_softcapping", absent: 50),
            FinalSoftCap = (float)keys.Real("final_logit_softcapping", absent: 30),
        };
    }

    /// <summary>What all Gemmas share. The factor of the embedding as a float: models run in bfloat16 round it, which the published weights do not ask for.</summary>
    internal static DecoderShape Gemma(DecoderShape shape, double scale) => shape with
    {
        Scale = scale,
        Activation = ActivationKind.GeluTanh,
        EmbeddingScale = MathF.Sqrt(shape.Hidden),
        PostNorms = true,
    };

    internal static double ScaleOf(DecoderShape shape, int layersOfLargest) => 1 / Math.Sqrt(shape.Layers == layersOfLargest ? (double)shape.Hidden / shape.Heads : shape.HeadSize);

    /// <summary>Absent = the family's cap; null = none.</summary>
    internal static float Cap(ConfigJson config, string key, float absent) => config.IsNull(key) ? 0 : (float)(config.RealOrNull(key) ?? absent);

    private static bool IsWindowed(int layer) => layer % 2 == 0;
}

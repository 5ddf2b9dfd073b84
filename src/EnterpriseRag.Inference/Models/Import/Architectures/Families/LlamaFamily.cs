using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>
/// Llama 1 to 3, OpenLLaMA, Code Llama, SmolLM: RMS norms, grouped-query attention with full rotation, gated SiLU. GGUF files of this architecture also hold
/// Mistral and Mixtral; their rows of q and k stand for llama.cpp's rotation of adjacent pairs and are put back.
/// </summary>
internal sealed class LlamaFamily : DecoderFamily
{
    // Mistral 7B v0.1 and what was made of it: the only published llama files with a window, which the form cannot carry.
    private const int MistralWindow = 4096;

    public override IReadOnlyList<string> ModelTypes => ["llama"];

    public override IReadOnlyList<string> Architectures => ["llama"];

    protected override DecoderShape Describe(ConfigJson config)
    {
        var shape = SharedSettings.Read(config, "llama", new ConfigDefaults(Context: 2048, Epsilon: 1e-6));
        var attentionBias = config.Flag("attention_bias", absent: false);
        return shape with
        {
            Rotaries = [RotaryShape.Read(config, shape.HeadSize)],
            QkvBias = attentionBias,
            OutputBias = attentionBias,
            FeedForwardBias = config.Flag("mlp_bias", absent: false),
        };
    }

    protected override DecoderShape Describe(GgufKeys keys, TensorSet tensors)
    {
        var shape = SharedSettings.Read(keys, "llama");
        var experts = keys.Number("expert_count", 0, 1 << 10, absent: 0);
        var window = keys.Number("attention.sliding_window", 0, DecoderShape.MaxWindow, absent: 0);
        return shape with
        {
            Type = experts > 0 ? "decoder" : "llama",
            Interleaved = true,
            Rotaries = [RotaryShape.Read(keys, tensors, shape.HeadSize)],
            Experts = experts,
            ExpertsUsed = experts > 0 ? keys.Number("expert_used_count", 1, experts) : 0,
            Attention = DecoderShape.Uniform(shape.Layers, window > 0 ? window : -1),
            Limit = window == 0 && IsWindowedMistral(keys, shape) ? new ContextLimit(MistralWindow, "this is a Mistral 7B v0.1, whose window of 4096 tokens a GGUF file does not carry") : null,
        };
    }

    /// <summary>By its sizes, which no other published model has together with a rotation base of 10,000: later versions have 1,000,000.</summary>
    private static bool IsWindowedMistral(GgufKeys keys, DecoderShape shape) =>
        shape is { Layers: 32, Hidden: 4096, FeedForward: 14_336, Heads: 32, KeyValueHeads: 8, Context: > MistralWindow, Experts: 0 }
        && keys.Real("rope.freq_base", absent: 10_000) == 10_000;
}

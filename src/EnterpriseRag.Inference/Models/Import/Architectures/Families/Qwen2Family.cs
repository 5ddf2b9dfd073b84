using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>Qwen 2 and 2.5: Llama with biases of query, key and value, and windows in the upper layers where the file turns them on.</summary>
internal sealed class Qwen2Family : DecoderFamily
{
    public override IReadOnlyList<string> ModelTypes => ["qwen2"];

    public override IReadOnlyList<string> Architectures => ["qwen2"];

    protected override DecoderShape Describe(ConfigJson config)
    {
        var shape = SharedSettings.Read(config, "qwen2", new ConfigDefaults(Context: 32_768, Epsilon: 1e-6, KeyValueHeads: 32));
        return shape with { Rotaries = [RotaryShape.Read(config, shape.HeadSize)], Attention = Windows(config, shape.Layers), QkvBias = true };
    }

    protected override DecoderShape Describe(GgufKeys keys, TensorSet tensors)
    {
        var shape = SharedSettings.Read(keys, "qwen2");
        return shape with { Rotaries = [RotaryShape.Read(keys, tensors, shape.HeadSize)] };
    }

    /// <summary>The usual file gives a window and does not use it.</summary>
    internal static IReadOnlyList<LayerAttention> Windows(ConfigJson config, int layers)
    {
        if (!config.Flag("use_sliding_window", absent: false) || SharedSettings.Window(config, absent: 4096) is not { } window)
        {
            return DecoderShape.Uniform(layers);
        }

        var from = config.Number("max_window_layers", 0, int.MaxValue, absent: 28);
        return SharedSettings.Pattern(config, layers, window, layer => layer >= from);
    }
}

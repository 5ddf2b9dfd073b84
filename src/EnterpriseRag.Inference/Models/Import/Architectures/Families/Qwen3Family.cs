using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>Qwen 3 (dense): heads of a size of their own, normalised before the rotation; no biases unless the file says so.</summary>
internal sealed class Qwen3Family : DecoderFamily
{
    public override IReadOnlyList<string> ModelTypes => ["qwen3"];

    public override IReadOnlyList<string> Architectures => ["qwen3"];

    protected override DecoderShape Describe(ConfigJson config)
    {
        var shape = SharedSettings.Read(config, "qwen3", new ConfigDefaults(Context: 32_768, Epsilon: 1e-6, KeyValueHeads: 32, HeadSize: 128));
        var bias = config.Flag("attention_bias", absent: false);
        return shape with
        {
            Rotaries = [RotaryShape.Read(config, shape.HeadSize)],
            Attention = Qwen2Family.Windows(config, shape.Layers),
            HeadNorms = true,
            QkvBias = bias,
            OutputBias = bias,
        };
    }

    protected override DecoderShape Describe(GgufKeys keys, TensorSet tensors)
    {
        var shape = SharedSettings.Read(keys, "qwen3");
        return shape with { Rotaries = [RotaryShape.Read(keys, tensors, shape.HeadSize)], HeadNorms = true };
    }
}

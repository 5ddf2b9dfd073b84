using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>Mistral: Llama with a window in all layers, where the file gives one. Heads may be larger or smaller than the hidden size by their number.</summary>
internal sealed class MistralFamily : DecoderFamily
{
    public override IReadOnlyList<string> ModelTypes => ["mistral"];

    protected override DecoderShape Describe(ConfigJson config)
    {
        var shape = SharedSettings.Read(config, "mistral", new ConfigDefaults(Context: 131_072, Epsilon: 1e-6, KeyValueHeads: 8));
        return shape with
        {
            Rotaries = [RotaryShape.Read(config, shape.HeadSize)],
            Attention = DecoderShape.Uniform(shape.Layers, SharedSettings.Window(config, absent: 4096) ?? -1),
        };
    }
}

using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>Phi-3, Phi-3.5, Phi-4: Llama with query, key and value in one tensor, gate and up in another, and a part of each head that turns (Phi-4-mini).</summary>
internal sealed class Phi3Family : DecoderFamily
{
    private static readonly TensorNames s_names = TensorNames.Llama.With(
        ("blk.N.attn_qkv", "model.layers.N.self_attn.qkv_proj"),
        ("blk.N.ffn_up", "model.layers.N.mlp.gate_up_proj"));

    public override IReadOnlyList<string> ModelTypes => ["phi3"];

    public override IReadOnlyList<string> Architectures => ["phi3"];

    protected override TensorNames Names(DecoderShape shape) => s_names;

    protected override bool KeepsQkv => true;

    protected override DecoderShape Describe(ConfigJson config)
    {
        var shape = SharedSettings.Read(config, "phi3", new ConfigDefaults(Context: 4096, Epsilon: 1e-5));
        return Phi3(shape, RotaryShape.Read(config, shape.HeadSize, partial: true), SharedSettings.Window(config));
    }

    protected override DecoderShape Describe(GgufKeys keys, TensorSet tensors)
    {
        var shape = SharedSettings.Read(keys, "phi3");
        var window = keys.Number("attention.sliding_window", 0, DecoderShape.MaxWindow, absent: 0);
        return Phi3(shape, RotaryShape.Read(keys, tensors, shape.HeadSize, partial: true), window > 0 ? window : null);
    }

    /// <summary>Runtimes take the type phi3 as a word for tables that change at 4,096 tokens; without such tables the graph is a Llama.</summary>
    private static DecoderShape Phi3(DecoderShape shape, RotaryShape rotary, int? window) => shape with
    {
        Type = rotary.Limit is null ? "llama" : "phi3",
        Rotaries = [rotary],
        Attention = DecoderShape.Uniform(shape.Layers, window ?? -1),
        Qkv = QkvRows.Stacked,
        GateInUp = true,
    };
}

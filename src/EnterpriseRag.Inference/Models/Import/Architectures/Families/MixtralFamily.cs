using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures.Families;

/// <summary>Mixtral: Mistral with a mixture of experts in every layer. Its GGUF files are of the architecture llama.</summary>
internal sealed class MixtralFamily : DecoderFamily
{
    private static readonly TensorNames s_names = TensorNames.Llama.With(
        ("blk.N.ffn_gate_inp", "model.layers.N.block_sparse_moe.gate"),
        ("blk.N.ffn_gate.E", "model.layers.N.block_sparse_moe.experts.E.w1"),
        ("blk.N.ffn_up.E", "model.layers.N.block_sparse_moe.experts.E.w3"),
        ("blk.N.ffn_down.E", "model.layers.N.block_sparse_moe.experts.E.w2"));

    public override IReadOnlyList<string> ModelTypes => ["mixtral"];

    protected override TensorNames Names(DecoderShape shape) => s_names;

    protected override DecoderShape Describe(ConfigJson config)
    {
        // GenAI knows no model type of this name; "decoder" is its word for any decoder.
        var shape = SharedSettings.Read(config, "decoder", new ConfigDefaults(Context: 131_072, Epsilon: 1e-5, KeyValueHeads: 8));
        var experts = config.Number("num_local_experts", 1, 1 << 10, absent: 8);
        return shape with
        {
            Rotaries = [RotaryShape.Read(config, shape.HeadSize, theta: 1_000_000)],
            Attention = DecoderShape.Uniform(shape.Layers, SharedSettings.Window(config) ?? -1),
            Experts = experts,
            ExpertsUsed = config.Number("num_experts_per_tok", 1, experts, absent: 2),
        };
    }
}

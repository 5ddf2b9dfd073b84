using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Gguf;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>The sizes of a llama-like decoder, each inside bounds that no published model leaves, so that products of them cannot overflow.</summary>
internal sealed record LlamaShape(int Layers, int Hidden, int FeedForward, int Heads, int KeyValueHeads, int HeadSize, float Epsilon, double RopeTheta, double RopeFactor, int Context)
{
    private const int MaxContext = 1 << 20;

    public static LlamaShape Read(GgufFile file, ModelImportOptions options)
    {
        var keys = file.Metadata;
        if (keys.Number("llama.expert_count", 0, 1 << 16, absent: 0) > 0)
        {
            throw Unsupported(file, "is a mixture of experts (Mixtral)");
        }

        var scaling = keys.TextOrNull("llama.rope.scaling.type") ?? "none";
        if (scaling is not ("none" or "linear"))
        {
            throw Unsupported(file, $"scales its rotation by '{scaling}'");
        }

        var hidden = keys.Number("llama.embedding_length", 1, 1 << 17);
        var heads = keys.Number("llama.attention.head_count", 1, 1 << 10);
        var keyValueHeads = keys.Number("llama.attention.head_count_kv", 1, heads, absent: heads);
        var headSize = keys.Number("llama.attention.key_length", 1, 1 << 10, absent: Math.Max(hidden / heads, 1));
        if (heads % keyValueHeads != 0)
        {
            throw Unsupported(file, string.Create(CultureInfo.InvariantCulture, $"has {heads} query heads for {keyValueHeads} key heads, which cannot be grouped"));
        }

        // Limit of the CPU kernel of GroupQueryAttention with rotation.
        if (headSize % 16 != 0 || keys.Number("llama.attention.value_length", 1, 1 << 10, absent: headSize) != headSize)
        {
            throw Unsupported(file, string.Create(CultureInfo.InvariantCulture, $"has heads of {headSize} values; equal keys and values of a multiple of 16 are needed"));
        }

        if (keys.Number("llama.rope.dimension_count", 1, 1 << 10, absent: headSize) != headSize)
        {
            throw Unsupported(file, "rotates only part of each head");
        }

        var published = keys.Number("llama.context_length", 1, int.MaxValue);
        var context = options.ContextTokens ?? Math.Min(published, GgufArchitecture.DefaultMaxContext);
        return new LlamaShape(
            keys.Number("llama.block_count", 1, 1 << 12),
            hidden,
            keys.Number("llama.feed_forward_length", 1, 1 << 20),
            heads,
            keyValueHeads,
            headSize,
            (float)keys.Real("llama.attention.layer_norm_rms_epsilon"),
            keys.Real("llama.rope.freq_base", absent: 10_000),
            scaling is "linear" ? keys.Real("llama.rope.scaling.factor") : 1,
            context >= 1 && context <= Math.Min(published, MaxContext)
                ? context
                : throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"A context of {context} tokens was asked for; {file.Name} was trained for {published}. Ask for 1 to {Math.Min(published, MaxContext)}.")));
    }

    private static ModelImportException Unsupported(GgufFile file, string what) => new($"{file.Name} {what}, which this importer does not support. Choose another model or file.");
}

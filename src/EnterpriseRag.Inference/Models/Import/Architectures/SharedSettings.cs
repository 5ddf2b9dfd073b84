using EnterpriseRag.Inference.Models.Import.Gguf;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>What a family's configuration class assumes where config.json is silent. Published files rely on these.</summary>
/// <param name="Context">max_position_embeddings.</param>
/// <param name="Epsilon">rms_norm_eps or its like.</param>
/// <param name="KeyValueHeads">num_key_value_heads; null = as many as query heads. A null in the file always means that.</param>
/// <param name="HeadSize">head_dim; null = hidden size by heads.</param>
/// <param name="Heads">num_attention_heads; null = must be there, as must the following.</param>
/// <param name="Hidden">hidden_size.</param>
/// <param name="FeedForward">intermediate_size.</param>
/// <param name="Layers">num_hidden_layers.</param>
/// <param name="Tied">tie_word_embeddings.</param>
internal sealed record ConfigDefaults(
    int Context, double Epsilon, int? KeyValueHeads = null, int? HeadSize = null, int? Heads = null, int? Hidden = null, int? FeedForward = null, int? Layers = null, bool Tied = false);

/// <summary>The settings that most families spell alike.</summary>
internal static class SharedSettings
{
    /// <summary>A decoder in Llama's spelling: plain attention in all layers, biases as the file says, rotation still missing.</summary>
    public static DecoderShape Read(ConfigJson config, string type, ConfigDefaults defaults)
    {
        var layers = config.Number("num_hidden_layers", 1, DecoderShape.MaxLayers, defaults.Layers);
        var hidden = config.Number("hidden_size", 1, DecoderShape.MaxHidden, defaults.Hidden);
        var heads = config.Number("num_attention_heads", 1, DecoderShape.MaxHeads, defaults.Heads);
        return new DecoderShape
        {
            Type = type,
            Layers = layers,
            Hidden = hidden,
            FeedForward = config.Number("intermediate_size", 1, DecoderShape.MaxFeedForward, defaults.FeedForward),
            Heads = heads,
            KeyValueHeads = config.NumberOrNull("num_key_value_heads", 1, heads) ?? (config.IsNull("num_key_value_heads") ? heads : Math.Min(defaults.KeyValueHeads ?? heads, heads)),
            HeadSize = config.NumberOrNull("head_dim", 1, DecoderShape.MaxHeadSize) ?? (config.IsNull("head_dim") ? null : defaults.HeadSize) ?? Math.Max(hidden / heads, 1),
            Epsilon = (float)config.Real("rms_norm_eps", defaults.Epsilon),
            Context = config.Number("max_position_embeddings", 1, int.MaxValue, defaults.Context),
            Tied = config.Flag("tie_word_embeddings", defaults.Tied),
            Activation = Activation(config, "hidden_act", ActivationKind.Silu),
            Rotaries = [],
            Attention = DecoderShape.Uniform(layers),
            QkvBias = false,
            OutputBias = false,
            FeedForwardBias = false,
        };
    }

    /// <summary>A decoder in GGUF's keys, the same for all architectures; biases where the file holds them, rotation still missing.</summary>
    public static DecoderShape Read(GgufKeys keys, string type, string epsilon = "attention.layer_norm_rms_epsilon")
    {
        var layers = keys.Number("block_count", 1, DecoderShape.MaxLayers);
        var hidden = keys.Number("embedding_length", 1, DecoderShape.MaxHidden);
        var heads = keys.Number("attention.head_count", 1, DecoderShape.MaxHeads);
        var headSize = keys.Number("attention.key_length", 1, DecoderShape.MaxHeadSize, absent: Math.Max(hidden / heads, 1));
        if (keys.Number("attention.value_length", 1, DecoderShape.MaxHeadSize, absent: headSize) != headSize)
        {
            throw DecoderShape.Unsupported(keys.Source, "has keys and values of different sizes");
        }

        return new DecoderShape
        {
            Type = type,
            Layers = layers,
            Hidden = hidden,
            FeedForward = keys.Number("feed_forward_length", 1, DecoderShape.MaxFeedForward),
            Heads = heads,
            KeyValueHeads = keys.Number("attention.head_count_kv", 1, heads, absent: heads),
            HeadSize = headSize,
            Epsilon = (float)keys.Real(epsilon),
            Context = keys.Number("context_length", 1, int.MaxValue),
            Rotaries = [],
            Attention = DecoderShape.Uniform(layers),
        };
    }

    /// <summary>The activation that the file names; one that no node computes is refused by name.</summary>
    public static ActivationKind Activation(ConfigJson config, string key, ActivationKind absent) => config.TextOrNull(key) is not { } name
        ? absent
        : Graphs.Blocks.Activation.Named(name) ?? throw DecoderShape.Unsupported(config.Name, $"has the activation '{name}'");

    /// <summary>A window that the file gives; null = none. An absent key means the family's own default.</summary>
    public static int? Window(ConfigJson config, int? absent = null) =>
        config.NumberOrNull("sliding_window", 1, DecoderShape.MaxWindow) ?? (config.IsNull("sliding_window") ? null : absent);

    /// <summary>Windows layer by layer, from layer_types or, where the file has none, from a rule.</summary>
    /// <param name="config">The file.</param>
    /// <param name="layers">Layers of the model.</param>
    /// <param name="window">Of the windowed layers.</param>
    /// <param name="isWindowed">The family's rule.</param>
    /// <param name="fullRotary">Rotation of the layers without a window.</param>
    public static IReadOnlyList<LayerAttention> Pattern(ConfigJson config, int layers, int window, Func<int, bool> isWindowed, int fullRotary = 0)
    {
        var types = config.Texts("layer_types");
        if (types is not null && types.Count != layers)
        {
            throw new ModelImportException(FormattableString.Invariant($"{config.Name}: 'layer_types' has {types.Count} entries for {layers} layers. The file is damaged."));
        }

        return [.. Enumerable.Range(0, layers).Select(layer => (types is null ? isWindowed(layer) : IsWindowed(config, types[layer])) ? new LayerAttention(window, 0) : new LayerAttention(-1, fullRotary))];
    }

    private static bool IsWindowed(ConfigJson config, string type) => type switch
    {
        "sliding_attention" => true,
        "full_attention" => false,
        _ => throw DecoderShape.Unsupported(config.Name, $"has a layer of the type '{type}'"),
    };
}

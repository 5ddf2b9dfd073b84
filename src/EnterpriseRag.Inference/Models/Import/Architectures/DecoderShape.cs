using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>How the rows of query, key and value lie in the source.</summary>
internal enum QkvRows
{
    /// <summary>Three tensors.</summary>
    Separate,

    /// <summary>One tensor: all of Q, all of K, all of V.</summary>
    Stacked,

    /// <summary>One tensor: for each key head its queries, then its key, then its value.</summary>
    Grouped,
}

/// <summary>How a layer attends.</summary>
/// <param name="Window">Tokens that a position sees, itself included; −1 = all.</param>
/// <param name="Rotary">Index into <see cref="DecoderShape.Rotaries"/>.</param>
internal readonly record struct LayerAttention(int Window, int Rotary);

/// <summary>A limit that the graph has below the model's own.</summary>
internal sealed record ContextLimit(int Tokens, string Reason);

/// <summary>
/// What makes a decoder of one family: sizes, each inside bounds that no published model leaves (so that products of them cannot overflow), and the switches of
/// the shared layers. Read from config.json or from GGUF metadata by the family.
/// </summary>
internal sealed record DecoderShape
{
    public const int MaxLayers = 1 << 12;
    public const int MaxHidden = 1 << 17;
    public const int MaxFeedForward = 1 << 20;
    public const int MaxHeads = 1 << 10;
    public const int MaxHeadSize = 1 << 10;
    public const int MaxWindow = 1 << 30;

    /// <summary>Model type of genai_config.json.</summary>
    public required string Type { get; init; }

    public required int Layers { get; init; }

    public required int Hidden { get; init; }

    public required int FeedForward { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int HeadSize { get; init; }

    public required float Epsilon { get; init; }

    /// <summary>Longest text the model was trained for.</summary>
    public required int Context { get; init; }

    /// <summary>A limit of the graph below that; null = none.</summary>
    public ContextLimit? Limit { get; init; }

    /// <summary>The head is the embedding; null = when the source holds no head.</summary>
    public bool? Tied { get; init; }

    public ActivationKind Activation { get; init; } = ActivationKind.Silu;

    public required IReadOnlyList<RotaryShape> Rotaries { get; init; }

    /// <summary>One a layer.</summary>
    public required IReadOnlyList<LayerAttention> Attention { get; init; }

    /// <summary>Factor of the scores; null = HeadSize^−0.5.</summary>
    public double? Scale { get; init; }

    /// <summary>Cap of the scores; 0 = none.</summary>
    public float SoftCap { get; init; }

    /// <summary>Cap of the logits; 0 = none.</summary>
    public float FinalSoftCap { get; init; }

    /// <summary>Factor of the embedding; 1 = none.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Added to stored norm weights: 1 where the source holds w of 1 + w.</summary>
    public float NormOffset { get; init; }

    public QkvRows Qkv { get; init; }

    /// <summary>Rows of q and k stand for a rotation of adjacent pairs (llama.cpp's llama) and are put back.</summary>
    public bool Interleaved { get; init; }

    /// <summary>Query and key heads are normalised before they are rotated.</summary>
    public bool HeadNorms { get; init; }

    /// <summary>Whether products have a bias; null = where the source holds one.</summary>
    public bool? QkvBias { get; init; }

    public bool? OutputBias { get; init; }

    public bool? FeedForwardBias { get; init; }

    /// <summary>Gate and up are one tensor, the gate's rows first.</summary>
    public bool GateInUp { get; init; }

    /// <summary>0 = dense.</summary>
    public int Experts { get; init; }

    public int ExpertsUsed { get; init; }

    /// <summary>Each half of a layer is normalised again before it joins the residual (Gemma).</summary>
    public bool PostNorms { get; init; }

    /// <summary>RMS norms and gated feed-forwards; false = layer norms and two products.</summary>
    public bool RmsNorms { get; init; } = true;

    /// <summary>Attention and feed-forward read the same residual and are added together (Falcon, GPT-NeoX).</summary>
    public bool Parallel { get; init; }

    /// <summary>Stem of the norm before the attention.</summary>
    public string AttentionNorm { get; init; } = "attn_norm";

    /// <summary>Stem of the norm before the feed-forward; null = it reads what the attention reads.</summary>
    public string? FeedForwardNorm { get; init; } = "ffn_norm";

    /// <summary>For the card.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The CPU kernel of grouped-query attention rotates heads of a multiple of 16; multiples of 8 get rotation nodes of their own.</summary>
    public bool RotatesOutside => HeadSize % 16 != 0;

    public int QueryRows => Heads * HeadSize;

    public int KeyRows => KeyValueHeads * HeadSize;

    /// <exception cref="ModelImportException">Sizes that no kernel computes, by name.</exception>
    public DecoderShape Checked(string source)
    {
        if (Heads % KeyValueHeads != 0)
        {
            throw Unsupported(source, string.Create(CultureInfo.InvariantCulture, $"has {Heads} query heads for {KeyValueHeads} key heads, which cannot be grouped"));
        }

        if (HeadSize % 8 != 0)
        {
            throw Unsupported(source, string.Create(CultureInfo.InvariantCulture, $"has heads of {HeadSize} values; a multiple of 8 is needed"));
        }

        foreach (var rotary in Rotaries)
        {
            if (rotary.Size % 2 != 0 || rotary.Size < 2 || rotary.Size > HeadSize)
            {
                throw Unsupported(source, string.Create(CultureInfo.InvariantCulture, $"rotates {rotary.Size} of the {HeadSize} values of a head"));
            }
        }

        return ExpertsUsed <= Experts ? this : throw Unsupported(source, string.Create(CultureInfo.InvariantCulture, $"uses {ExpertsUsed} of {Experts} experts"));
    }

    public static ModelImportException Unsupported(string source, string what) => new($"{source} {what}, which this importer does not support. Choose another model or file.");

    /// <summary>The same attention in all layers.</summary>
    public static IReadOnlyList<LayerAttention> Uniform(int layers, int window = -1) => [.. Enumerable.Repeat(new LayerAttention(window, 0), layers)];
}

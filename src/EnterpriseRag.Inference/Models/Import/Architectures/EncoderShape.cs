using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Graphs.Blocks;
using EnterpriseRag.Inference.Models.Import.HuggingFace;

namespace EnterpriseRag.Inference.Models.Import.Architectures;

/// <summary>The sizes of a BERT-like encoder, each inside bounds that no published model leaves.</summary>
/// <param name="Layers">Layers.</param>
/// <param name="Hidden">Width of a state.</param>
/// <param name="FeedForward">Width of the feed-forward.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Vocabulary">Rows of the word embedding.</param>
/// <param name="Positions">Rows of the position embedding.</param>
/// <param name="FirstPosition">Row of a text's first token.</param>
/// <param name="Types">Rows of the type embedding; texts are of type 0.</param>
/// <param name="Epsilon">Of the norms.</param>
/// <param name="Activation">Of the feed-forward.</param>
internal sealed record EncoderShape(
    int Layers, int Hidden, int FeedForward, int Heads, int Vocabulary, int Positions, int FirstPosition, int Types, float Epsilon, ActivationKind Activation)
{
    /// <summary>Longest text.</summary>
    public int Tokens => Positions - FirstPosition;

    /// <param name="config">config.json.</param>
    /// <param name="positionsFollowPadding">RoBERTa counts positions from the padding's id on.</param>
    /// <exception cref="ModelImportException">A size that is missing or does not fit, or a feature that the recipe does not cover, by name.</exception>
    public static EncoderShape Read(ConfigJson config, bool positionsFollowPadding)
    {
        var positionType = config.TextOrNull("position_embedding_type") ?? "absolute";
        var activation = config.TextOrNull("hidden_act") ?? "gelu";
        if (positionType is not "absolute")
        {
            throw Unsupported($"has positions of the type '{positionType}'");
        }

        if (config.Flag("is_decoder", absent: false) || config.Flag("add_cross_attention", absent: false))
        {
            throw Unsupported("is a decoder (is_decoder, add_cross_attention)");
        }

        var hidden = config.Number("hidden_size", 1, 1 << 14);
        var heads = config.Number("num_attention_heads", 1, 1 << 9);
        if (hidden % heads != 0)
        {
            throw Unsupported(string.Create(CultureInfo.InvariantCulture, $"has {heads} heads that cannot share {hidden} values"));
        }

        var positions = config.Number("max_position_embeddings", 1, 1 << 16);
        return new EncoderShape(
            config.Number("num_hidden_layers", 1, 1 << 9),
            hidden,
            config.Number("intermediate_size", 1, 1 << 17),
            heads,
            config.Number("vocab_size", 1, 1 << 21),
            positions,
            positionsFollowPadding ? config.Number("pad_token_id", 0, positions - 2, absent: 1) + 1 : 0,
            config.Number("type_vocab_size", 1, 1 << 10, absent: 2),
            (float)config.Real("layer_norm_eps", absent: 1e-12),
            Graphs.Blocks.Activation.Named(activation) ?? throw Unsupported($"uses the activation '{activation}'"));

        static ModelImportException Unsupported(string what) => new($"The model {what}, which this importer does not support. Choose another model.");
    }
}

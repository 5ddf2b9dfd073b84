using EnterpriseRag.Inference.Models.Import.Architectures;
using EnterpriseRag.Inference.Models.Import.Weights;

namespace EnterpriseRag.Inference.Models.Import.HuggingFace;

/// <summary>The tensors of a Hugging Face folder under the importer's names.</summary>
/// <param name="folder">Its weights.</param>
/// <param name="names">How the family names them.</param>
/// <param name="passedOver">Beginnings of names that no graph of the family needs.</param>
internal sealed class SafetensorsTensorSet(HuggingFaceFolder folder, TensorNames names, params IReadOnlyList<string> passedOver) : TensorSet(folder.Name)
{
    // Tables and masks that older versions of the library saved with the weights, and the towers of models that also see.
    private static readonly string[] s_buffers =
    [
        ".rotary_emb.inv_freq", ".rotary_emb.cos_cached", ".rotary_emb.sin_cached", ".rotary_emb.original_inv_freq",
        ".attention.bias", ".attention.masked_bias", ".self_attention.bias", ".self_attention.masked_bias",
    ];

    private static readonly string[] s_towers = ["vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."];

    protected override IEnumerable<string> StoredNames => folder.Weights.Tensors.Select(tensor => tensor.Name);

    public override RowSection Expert(string name, int expert, int experts, int rows, int columns) =>
        new(Matrix(FormattableString.Invariant($"{name}.{expert}.weight"), rows, columns), 0, rows, RowOrder.AsStored);

    protected override string? StoredName(string name) => names.Published(name) is { } published ? Spellings(published).FirstOrDefault(folder.Weights.Has) : null;

    protected override string PublishedName(string name) => names.Published(name) ?? name;

    protected override SourceTensor? Find(string storedName) => folder.Weights.Find(storedName);

    protected override bool IsPassedOver(string storedName) =>
        s_buffers.Any(buffer => storedName.EndsWith(buffer, StringComparison.Ordinal)) || s_towers.Concat(passedOver).Any(start => storedName.StartsWith(start, StringComparison.Ordinal));

    /// <summary>A language model inside a larger one has its names behind a prefix; one saved without its head has lost its own.</summary>
    private static IEnumerable<string> Spellings(string published)
    {
        yield return published;
        yield return $"language_model.{published}";
        if (published.StartsWith("model.", StringComparison.Ordinal))
        {
            yield return $"model.language_model.{published["model.".Length..]}";
        }

        if (!published.StartsWith("lm_head.", StringComparison.Ordinal) && !published.StartsWith("embed_out.", StringComparison.Ordinal))
        {
            yield return published[(published.IndexOf('.', StringComparison.Ordinal) + 1)..];
        }
    }
}

using System.Text.Json;
using EnterpriseRag.Inference.Models.Registry.SelfTests;

namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>
/// Cards of the models in the box. They are part of the program (an embedded resource), not of deploy/models: a card that lies beside the files it vouches
/// for could be replaced together with them, and whoever can replace the program needs no card.
/// </summary>
internal static class ShippedModels
{
    private static readonly Lazy<ShippedModelList> s_list = new(Load);

    /// <summary>The card of a folder in the box; null for any other bytes.</summary>
    public static ShippedModel? OfFolder(string sha256) => s_list.Value.Models.FirstOrDefault(m => string.Equals(m.FolderSha256, sha256, StringComparison.Ordinal));

    /// <summary>The card of a published file in the box; null for any other.</summary>
    public static ShippedModel? OfSource(string? sha256) =>
        sha256 is null ? null : s_list.Value.Models.FirstOrDefault(m => string.Equals(m.Source?.Sha256, sha256, StringComparison.Ordinal));

    private static ShippedModelList Load()
    {
        using var stream = typeof(ShippedModels).Assembly.GetManifestResourceStream("EnterpriseRag.Inference.shipped-models.json")
            ?? throw new InvalidOperationException("The program lacks the cards of its models.");
        return JsonSerializer.Deserialize(stream, ModelRecordJson.Default.ShippedModelList) ?? throw new InvalidOperationException("The cards of the models are empty.");
    }
}

internal sealed record ShippedModelList(IReadOnlyList<ShippedModel> Models);

/// <summary>A model that whoever made this program has approved.</summary>
/// <param name="Name">Folder below deploy/models.</param>
/// <param name="FolderSha256">SHA-256 of its SHA256SUMS.</param>
/// <param name="Reason">Why it is approved, and for what.</param>
/// <param name="Licence">SPDX identifier.</param>
/// <param name="Languages">Languages in which it may write or which it serves.</param>
/// <param name="Source">The published file of a model that is imported first; the exact import of it is approved too.</param>
/// <param name="ContextTokens">As published.</param>
/// <param name="Quantisation">As published, in words.</param>
/// <param name="Evaluation">What was measured; the figures' source is in the reason.</param>
/// <param name="Generation">Golden outputs of its import with default options.</param>
/// <param name="Embedding">Golden outputs.</param>
internal sealed record ShippedModel(
    string Name,
    string FolderSha256,
    string Reason,
    string Licence,
    IReadOnlyList<string> Languages,
    ModelCardSource? Source = null,
    int? ContextTokens = null,
    string? Quantisation = null,
    IReadOnlyList<ModelCardResult>? Evaluation = null,
    GenerationGolden? Generation = null,
    EmbeddingGolden? Embedding = null);

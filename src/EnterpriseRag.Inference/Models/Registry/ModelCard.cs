using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>
/// What a model is, where it comes from and what it may be used for. Lies as card.json in imported folders (covered by SHA256SUMS); for the
/// folders in the box, which have a README only, it is derived. Holds no time and no machine: the same import gives the same bytes.
/// </summary>
public sealed record ModelCard
{
    public const string FileName = "card.json";

    /// <summary>Version of this file's form.</summary>
    public int Format { get; init; } = 1;

    public required string Name { get; init; }

    /// <summary>"generation", "embedding", "adapter", "language-identification" or "source" (a published file that is imported first).</summary>
    public required string Task { get; init; }

    /// <summary>SPDX identifier where the publisher gave one; null = not stated, ask the publisher before use.</summary>
    public string? Licence { get; init; }

    /// <summary>Who made the weights, as far as the file says.</summary>
    public string? Origin { get; init; }

    /// <summary>The published file that was imported.</summary>
    public ModelCardSource? Source { get; init; }

    public ModelCardImporter? Importer { get; init; }

    /// <summary>Adapters: the model that they belong to; null = not an adapter.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ModelCardBase? Base { get; init; }

    /// <summary>ISO 639-1 codes of the languages in which the model may write; empty = it may not write.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>Tokens of prompt and answer together; null = not a language model.</summary>
    public int? ContextTokens { get; init; }

    public long? Parameters { get; init; }

    public ModelCardQuantisation? Quantisation { get; init; }

    /// <summary>What the import had to limit, in sentences for people; null = nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Notes { get; init; }

    /// <summary>Measured results; empty until an evaluation has run.</summary>
    public IReadOnlyList<ModelCardResult> Evaluation { get; init; } = [];

    public ModelApproval Approval { get; init; } = ModelApproval.Unreviewed;

    /// <summary>The card of a verified folder: card.json, or what its README's table says.</summary>
    /// <exception cref="ModelFolderException">card.json is not a card.</exception>
    public static ModelCard Read(ModelFolder folder)
    {
        if (!folder.Has(FileName))
        {
            return ReadmeCard.Derive(folder);
        }

        var path = folder.File(FileName);
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new ModelFolderException($"{path} is not a model card: {e.Message} Import the model again.", e);
        }
    }

    internal static ModelCard Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, ModelCardJson.Default.ModelCard) ?? throw new JsonException("The card is null.");

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ModelCardJson.Default.ModelCard);
}

/// <param name="File">Name of the published file.</param>
/// <param name="Sha256">Its SHA-256, lower-case hex: the publisher's own number.</param>
/// <param name="Bytes">Its length.</param>
public sealed record ModelCardSource(string File, string Sha256, long Bytes);

/// <param name="Name">Name of the base's folder.</param>
/// <param name="Sha256">The folder's hash.</param>
public sealed record ModelCardBase(string Name, string Sha256);

/// <param name="Version">Version of the importer that wrote the folder.</param>
/// <param name="Options">The choices made, in the importer's fixed spelling.</param>
public sealed record ModelCardImporter(string Version, string Options);

/// <param name="Published">Tensor types of the published file and how many tensors have each.</param>
/// <param name="Projections">Width of the layers' weights in this folder.</param>
/// <param name="Embedding">Width of the embedding and head in this folder.</param>
/// <param name="RelativeError">Root mean square of the change by requantising, relative to that of the rounded weights; 0 = exact.</param>
/// <param name="WorstTensor">Name of the weight that changed most, null when none did.</param>
/// <param name="WorstRelativeError">Its relative change.</param>
public sealed record ModelCardQuantisation(IReadOnlyDictionary<string, int> Published, string Projections, string Embedding, double RelativeError, string? WorstTensor, double WorstRelativeError);

/// <summary>One measured figure, for example set "samples en", metric "answered".</summary>
public sealed record ModelCardResult(string Set, string Metric, double Value, int N);

/// <summary>What a person decided about a model. A card is born unreviewed; decisions are kept by the installation, not in the folder.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ModelApproval>))]
public enum ModelApproval
{
    [JsonStringEnumMemberName("unreviewed")]
    Unreviewed = 0,

    [JsonStringEnumMemberName("approved")]
    Approved = 1,

    [JsonStringEnumMemberName("refused")]
    Refused = 2,
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NewLine = "\n")]
[JsonSerializable(typeof(ModelCard))]
internal sealed partial class ModelCardJson : JsonSerializerContext;

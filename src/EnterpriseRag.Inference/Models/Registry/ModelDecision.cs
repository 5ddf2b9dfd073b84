using System.Text.Json.Serialization;
using EnterpriseRag.Inference.Models.Registry.SelfTests;

namespace EnterpriseRag.Inference.Models.Registry;

/// <summary>What was decided about the folder of one hash, and by whom. Kept by the installation (<see cref="ModelApprovals"/>), never in the folder.</summary>
internal sealed record ModelDecision
{
    /// <summary>Version of this record's form.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Name of the folder when it was decided about.</summary>
    public required string Model { get; init; }

    public required ModelApproval Approval { get; init; }

    /// <summary>Who decided, as they named themselves; "shipped card" for the models in the box.</summary>
    public required string By { get; init; }

    public required string Reason { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Where the ledger has the decision; null = not yet, the host records it at its next start. An approval of a person counts only from then on.</summary>
    public ModelDecisionLeaf? Ledger { get; init; }

    /// <summary>Whether it follows from a card that came with the program rather than from a person.</summary>
    public bool IsShipped { get; init; }

    /// <summary>Outputs of a language model that each later load must repeat.</summary>
    public GenerationGolden? Generation { get; init; }

    /// <summary>Outputs of an embedding model that each later load must repeat.</summary>
    public EmbeddingGolden? Embedding { get; init; }
}

/// <param name="Seq">Sequence number of the config leaf.</param>
/// <param name="LeafHash">Its leaf hash, lower-case hex.</param>
internal sealed record ModelDecisionLeaf(long Seq, string LeafHash);

/// <summary>What an evaluation measured about the folder of one hash.</summary>
public sealed record ModelEvaluation
{
    /// <summary>Version of this record's form.</summary>
    public int Format { get; init; } = 1;

    public required string Model { get; init; }

    /// <summary>Name of the set, for example "samples".</summary>
    public required string Set { get; init; }

    /// <summary>SHA-256 of the set's file: figures of different sets do not compare.</summary>
    public required string SetSha256 { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Languages that were measured, ISO 639-1.</summary>
    public required IReadOnlyList<string> Measured { get; init; }

    /// <summary>Those of them in which the model may write.</summary>
    public required IReadOnlyList<string> MayWrite { get; init; }

    public required IReadOnlyList<ModelCardResult> Results { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NewLine = "\n")]
[JsonSerializable(typeof(ModelDecision))]
[JsonSerializable(typeof(ModelEvaluation))]
[JsonSerializable(typeof(ShippedModelList))]
internal sealed partial class ModelRecordJson : JsonSerializerContext;

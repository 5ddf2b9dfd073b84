using EnterpriseRag.Foundation;

namespace EnterpriseRag.Audit;

/// <summary>Who acts. The ledger writes a monthly pseudonym of the person, never the person.</summary>
public sealed record Actor(PersonId Person, ActorKind Kind, IReadOnlyList<string> Roles, string Authentication);

public enum ActorKind
{
    User,
    Service,
    Officer,
    Administrator,
    System,
}

/// <summary>Why (ledger.md 2.6, group "why"): every field is mandatory, comes from the matter and must pass <see cref="AuditVocabulary.Fault"/>.</summary>
public sealed record ProcessingContext(string Purpose, string LegalBasis, string RetentionClass, RecordingLevelCode Level, bool Privileged);

/// <summary>Recording level as it stands in the core: content, hash or metadata. The strictest of the matters in scope applies.</summary>
public enum RecordingLevelCode
{
    Content,
    Hash,
    Metadata,
}

/// <summary>
/// Which model may answer, with the folder's hash (64 lower-case hexadecimal digits, as all hashes here). Names are codes with an optional
/// <c>@version</c>; the seed is at most 2^53-1. <c>AdapterSha256</c>: folder of the LoRA adapter on top, if any.
/// </summary>
public sealed record ModelUse(string Model, string ModelSha256, string Engine, string Template, string TemplateSha256, int MaxTokens, int TemperatureMilli, long Seed, string? AdapterSha256 = null);

/// <summary>What is recorded before anything happens: sealed prompt, scope decision, models. Every text but the prompt is an id or code.</summary>
public sealed record RequestRecord(
    Actor Actor,
    ProcessingContext Why,
    string Kind, // ask | search | chat | embed | evaluate
    string Prompt,
    string ScopeDecision, // ReadableScope.DecisionId: hash of person, matters and walls
    IReadOnlyList<MatterId> Matters,
    string Mode, // auto | quotes | generate | direct
    string? Conversation, // an opaque id, never a title
    ModelUse? Model,
    TicketUse Opens,
    string? EmbeddingModelSha256 = null); // folder of the embedding model that reads the prompt

/// <summary>One candidate passage (ledger.md 2.6 "RAG").</summary>
public sealed record ContextChunk(DocumentVersionId Version, int Ordinal, int Rank, long ScoreMicro, bool Used, bool FlaggedInstruction);

public sealed record ContextRecord(
    string IndexVersion,
    string EmbeddingModelSha256,
    int K,
    int DeniedByAccess,
    IReadOnlyList<ContextChunk> Chunks);

public enum FinishReason
{
    Stop,
    Length,
    Abort,
    Blocked,
}

/// <summary>The end of a request: sealed full text of what was shown, and separately what was withheld.</summary>
public sealed record ResponseRecord(
    string Shown,
    string? Withheld,
    FinishReason Finish,
    string Outcome, // quotes | generated | withheld | declined | listed
    int InputTokens,
    int OutputTokens,
    LatencyMicros Latency,
    IReadOnlyDictionary<string, int> Guards); // policy id -> count, e.g. sentence_unverified: 1

public sealed record LatencyMicros(long Queue, long Retrieval, long FirstShown, long Total);

/// <summary>Given to the reader: where the answer's terminal leaf stands.</summary>
public sealed record Receipt(RequestId Request, long Seq, string LeafHash);

/// <summary>The ledger cannot write. The caller shows 503 and does nothing else.</summary>
public sealed class AuditUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

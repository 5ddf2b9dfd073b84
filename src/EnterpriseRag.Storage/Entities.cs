using EnterpriseRag.Foundation;

namespace EnterpriseRag.Storage;

/// <summary>How much of a request the ledger keeps (ledger.md, scope decisions).</summary>
public enum RecordingLevel
{
    Content = 0,
    Hash = 1,
    Metadata = 2,
}

public enum MatterRole
{
    Reader = 0,
    Contributor = 1,
    Owner = 2,
}

public enum VersionState
{
    Queued = 0,
    Extracting = 1,
    Embedding = 2,
    Ready = 3,
    Failed = 4,

    /// <summary>A newer version is ready; this one no longer answers.</summary>
    Superseded = 5,
}

public sealed class Matter
{
    public required MatterId Id { get; init; }
    public required string Name { get; set; }
    public required string Purpose { get; set; }
    public required string LegalBasis { get; set; }
    public required string RetentionClass { get; set; }
    public RecordingLevel RecordingLevel { get; set; }
    public bool Privileged { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }
}

public sealed class MatterMember
{
    public required MatterId MatterId { get; init; }
    public required PersonId PersonId { get; init; }
    public MatterRole Role { get; set; }
}

/// <summary>Excludes a person from a matter; beats every membership.</summary>
public sealed class MatterWall
{
    public required MatterId MatterId { get; init; }
    public required PersonId PersonId { get; init; }
}

public sealed class Document
{
    public required DocumentId Id { get; init; }
    public required MatterId MatterId { get; init; }

    /// <summary>File name or title as given; personal data may be in it: never logged.</summary>
    public required string Name { get; set; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Set first when a delete begins, so that no worker publishes behind it.</summary>
    public DateTimeOffset? DeletingAt { get; set; }
    public List<DocumentVersion> Versions { get; } = [];
}

public sealed class DocumentVersion
{
    public required DocumentVersionId Id { get; init; }
    public required DocumentId DocumentId { get; init; }
    public required MatterId MatterId { get; init; }
    public required int Number { get; init; }

    /// <summary>SHA-256 of the received bytes (32 bytes).</summary>
    public required byte[] Sha256 { get; init; }
    public required long SizeBytes { get; init; }
    public required string MediaType { get; set; }
    public VersionState State { get; set; }

    /// <summary>Why it failed and what to do; shown to people, so it carries no document text.</summary>
    public string? FailureReason { get; set; }
    public string? Language { get; set; }
    public int PageCount { get; set; }
    public int ChunkCount { get; set; }
    public required PersonId CreatedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? ReadyAt { get; set; }
}

/// <summary>A passage of one version. Offsets are UTF-16 indices into <see cref="Documents.DocumentText.Text"/>.</summary>
public sealed class Chunk
{
    public required DocumentVersionId VersionId { get; init; }

    /// <summary>0-based position in the version.</summary>
    public required int Ordinal { get; init; }
    public required int Start { get; init; }
    public required int Length { get; init; }

    /// <summary>1-based page on which the chunk starts.</summary>
    public required int Page { get; init; }
    public required string[] HeadingPath { get; init; }
    public required string Language { get; init; }
    public required string Text { get; init; }

    /// <summary>Sentence starts and lengths, relative to <see cref="Text"/>; same order as the sentence vectors of the index.</summary>
    public required int[] SentenceStarts { get; init; }
    public required int[] SentenceLengths { get; init; }
    public required string[] SentenceLanguages { get; init; }
}

/// <summary>A token of a person for the API and the command line; only its hash is kept.</summary>
public sealed class PersonalToken
{
    public required Guid Id { get; init; }
    public required PersonId PersonId { get; init; }
    public required string Name { get; set; }

    /// <summary>SHA-256 of the token (256 random bits, so no salt is needed).</summary>
    public required byte[] Hash { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    public DateTimeOffset? RevokedAt { get; set; }
}

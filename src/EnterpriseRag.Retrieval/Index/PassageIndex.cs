using EnterpriseRag.Foundation;

namespace EnterpriseRag.Retrieval.Index;

/// <summary>A sentence to index: range in the passage's text, its unit vector.</summary>
public sealed record IndexedSentence(int Start, int Length, string Language, ReadOnlyMemory<float> Vector);

/// <summary>A chunk to index with its unit vector and its sentences.</summary>
public sealed record IndexedPassage(int Ordinal, string Text, string Language, ReadOnlyMemory<float> Vector, IReadOnlyList<IndexedSentence> Sentences);

/// <summary>All passages of one document version.</summary>
public sealed record IndexedVersion(MatterId Matter, DocumentId Document, DocumentVersionId Version, IReadOnlyList<IndexedPassage> Passages);

/// <summary>
/// Dense and lexical index over all matters; one writer process. Publishing a version replaces every earlier version of the same
/// document atomically; publishing the same version twice changes nothing. A returned task means durable.
/// </summary>
public interface IPassageIndex
{
    Task PublishAsync(IndexedVersion version, CancellationToken cancellationToken);

    /// <summary>Removes the document's passages and expunges their bytes. Absent is fine (idempotent); failure throws.</summary>
    Task RemoveAsync(DocumentId document, CancellationToken cancellationToken);

    /// <summary>The versions the index holds now, for reconciling with Postgres at start.</summary>
    IReadOnlyCollection<DocumentVersionId> Versions { get; }
}

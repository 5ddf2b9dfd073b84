namespace EnterpriseRag.Foundation;

/// <summary>A collection of documents with members, purpose, legal basis, retention class and recording level.</summary>
public readonly record struct MatterId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}

/// <summary>A document as its owner names it; it may have several versions.</summary>
public readonly record struct DocumentId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}

/// <summary>One immutable state of a document: the bytes received at one time.</summary>
public readonly record struct DocumentVersionId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}

/// <summary>A natural person or service account. Never written to the ledger: the ledger knows pseudonyms.</summary>
public readonly record struct PersonId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}

/// <summary>The ledger's name for one request, answer or event (UUIDv7).</summary>
public readonly record struct RequestId(Guid Value)
{
    public override string ToString() => Value.ToString("D");
}

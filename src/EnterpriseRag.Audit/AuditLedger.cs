using EnterpriseRag.Foundation;

namespace EnterpriseRag.Audit;

/// <summary>
/// The one door of the audit module. Every method returns only after its leaf is committed in Postgres (group commit);
/// <see cref="AuditUnavailableException"/> otherwise, within two seconds. No method updates or deletes a leaf.
/// Safe for any number of concurrent callers.
/// </summary>
public sealed class AuditLedger
{
    /// <summary>Appends the request leaf and its open_request row; the returned request carries the ticket.</summary>
    public Task<OpenRequest> OpenRequestAsync(RequestRecord record, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>Appends the context leaf. Must complete before a prompt is assembled.</summary>
    public Task AppendContextAsync(OpenRequest request, ContextRecord record, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>Commits an encrypted spool row holding <paramref name="text"/>; only afterwards may the text be shown (stream gate).</summary>
    public Task SpoolAsync(OpenRequest request, string text, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>Terminal leaf of an answered request; deletes spool and open_request rows in the same transaction.</summary>
    public Task<Receipt> RespondAsync(OpenRequest request, ResponseRecord record, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>Terminal leaf of a request that ended early (cancelled, failed, client gone): seals what the spool holds.</summary>
    public Task<Receipt> AbortAsync(OpenRequest request, string reason, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>Terminal leaf of a request that policy refused before retrieval.</summary>
    public Task<Receipt> RefuseAsync(OpenRequest request, string reason, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>A sign-in, sign-out, denied sign-in, token creation or refused ticket.</summary>
    public Task<Receipt> AppendAuthAsync(Actor? actor, string action, string outcome, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>A document version was received, published, failed or deleted (<paramref name="action"/>).</summary>
    public Task<Receipt> AppendDocumentVersionAsync(Actor actor, ProcessingContext why, DocumentVersionId version, string sha256, string action, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>Somebody opens document content in the viewer: durable before the bytes go out.</summary>
    public Task<Receipt> AppendViewOpenAsync(Actor actor, ProcessingContext why, DocumentVersionId version, int page, RequestId? cause, CancellationToken cancellationToken) => throw new NotSupportedException("stub");

    /// <summary>An effective configuration change (at start: the hash of the whole), before it takes effect.</summary>
    public Task<Receipt> AppendConfigAsync(Actor actor, string what, string configSha256, CancellationToken cancellationToken) => throw new NotSupportedException("stub");
}

/// <summary>An answered-but-not-yet-terminated request. Disposing it without a terminal leaf appends an abort.</summary>
public sealed class OpenRequest
{
    public RequestId Id { get; }

    public long Seq { get; }

    /// <summary>Opens retrieval and generation, once each.</summary>
    public AuditTicket Ticket { get; } = null!; // stub: built with the ledger
}

using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Storage;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Portal.Documents;

/// <summary>Why a version failed: a stable code that clients localise, and the English detail.</summary>
internal sealed record FailureView(string Code, string Detail);

/// <summary>A document with its newest version. <c>State</c>: queued, extracting, embedding, ready, failed, superseded or deleting.</summary>
internal sealed record DocumentView(
    Guid Id, Guid Version, int Number, Guid Matter, string MatterName, string Name, string State, FailureView? Failure, string MediaType,
    long SizeBytes, int Pages, int Passages, string? Language, DateTimeOffset CreatedAt, DateTimeOffset? ReadyAt);

/// <summary>Lists documents. Titles and counts obey the scope as text does, so the scope is computed for every call.</summary>
internal sealed class DocumentCatalogue(IDbContextFactory<RagDbContext> contexts, ScopeResolver scopes)
{
    /// <summary>Newest first. <paramref name="matter"/> narrows; a matter outside the scope gives nothing.</summary>
    public async Task<IReadOnlyList<DocumentView>> ListAsync(Actor actor, MatterId? matter, DocumentId? document, CancellationToken cancellationToken)
    {
        var scope = await scopes.ResolveAsync(actor.Person, cancellationToken);
        var readable = scope.Within(matter is { } only ? [only] : null).Matters.ToArray();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var names = await db.Matters.AsNoTracking().Where(m => readable.Contains(m.Id)).ToDictionaryAsync(m => m.Id, m => m.Name, cancellationToken);
        var documents = await db.Documents.AsNoTracking()
            .Where(d => readable.Contains(d.MatterId) && (document == null || d.Id == document))
            .OrderByDescending(d => d.CreatedAt).ThenBy(d => d.Name)
            .Select(d => new { Document = d, Newest = d.Versions.OrderByDescending(v => v.Number).First() })
            .ToListAsync(cancellationToken);
        return
        [
            .. documents.Where(d => d.Newest is not null).Select(d => new DocumentView(
                d.Document.Id.Value, d.Newest.Id.Value, d.Newest.Number, d.Document.MatterId.Value, names[d.Document.MatterId], d.Document.Name,
                d.Document.DeletingAt is null ? d.Newest.State.ToString().ToLowerInvariant() : "deleting", Reason(d.Newest.FailureReason), d.Newest.MediaType,
                d.Newest.SizeBytes, d.Newest.PageCount, d.Newest.ChunkCount, d.Newest.Language, d.Document.CreatedAt, d.Newest.ReadyAt)),
        ];
    }

    /// <summary>Ingestion keeps reasons as <c>code: detail</c>; anything else counts as a failure on our side.</summary>
    private static FailureView? Reason(string? stored) => stored?.Split(": ", 2) switch
    {
        null => null,
        [var code, var detail] when code.All(static c => char.IsAsciiLetterLower(c) || c == '-') => new FailureView(code, detail),
        _ => new FailureView("internal", stored),
    };
}

using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion.Jobs;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Storage;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Ingestion;

/// <summary>Where the newest version of a document is on its way.</summary>
/// <param name="Document">The document.</param>
/// <param name="Name">As its owner named it.</param>
/// <param name="Version">The newest version.</param>
/// <param name="Number">Its number from 1.</param>
/// <param name="State">Its state; Queued to Ready, Failed.</param>
/// <param name="FailureReason"><c>code: text</c> (<see cref="Extract.ExtractionFailure"/>), else null.</param>
/// <param name="IsDeleting">A deletion was asked for and is not complete.</param>
/// <param name="AnsweringNumber">The version that answers now, if any: an older one until the newest is ready.</param>
/// <param name="PageCount">Pages, 0 before it is ready.</param>
/// <param name="ChunkCount">Passages, 0 before it is ready.</param>
/// <param name="EmbeddedTexts">Texts with vectors so far while it is being embedded in this process, else null.</param>
/// <param name="TextsToEmbed">Texts in all, else null.</param>
public sealed record DocumentProgress(
    DocumentId Document, string Name, DocumentVersionId Version, int Number, VersionState State, string? FailureReason, bool IsDeleting, int? AnsweringNumber,
    int PageCount, int ChunkCount, int? EmbeddedTexts, int? TextsToEmbed);

/// <summary>States for the documents page. Obeys the scope as text does: names and counts of other matters do not exist. Safe for concurrent callers.</summary>
public sealed class IngestionProgress
{
    private readonly IDbContextFactory<RagDbContext> _contexts;
    private readonly LiveProgress _live;

    internal IngestionProgress(IDbContextFactory<RagDbContext> contexts, LiveProgress live) => (_contexts, _live) = (contexts, live);

    /// <summary>Every document of a matter by name; empty when the matter is not in the scope.</summary>
    public Task<IReadOnlyList<DocumentProgress>> OfMatterAsync(ReadableScope scope, MatterId matter, CancellationToken cancellationToken) =>
        scope.Matters.Contains(matter) ? LoadAsync(versions => versions.Where(v => v.MatterId == matter), cancellationToken) : Task.FromResult<IReadOnlyList<DocumentProgress>>([]);

    /// <summary>One document; null when it is not there or not in the scope.</summary>
    public async Task<DocumentProgress?> OfDocumentAsync(ReadableScope scope, DocumentId document, CancellationToken cancellationToken)
    {
        var matters = scope.Matters.ToArray();
        return (await LoadAsync(versions => versions.Where(v => v.DocumentId == document && matters.Contains(v.MatterId)), cancellationToken)).SingleOrDefault();
    }

    private async Task<IReadOnlyList<DocumentProgress>> LoadAsync(Func<IQueryable<DocumentVersion>, IQueryable<DocumentVersion>> filter, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var rows = await filter(context.DocumentVersions.AsNoTracking())
            .Join(context.Documents, v => v.DocumentId, d => d.Id, (v, d) => new { Version = v, d.Name, d.DeletingAt })
            .ToListAsync(cancellationToken);
        return [.. rows.GroupBy(r => r.Version.DocumentId).Select(versions =>
        {
            var newest = versions.MaxBy(v => v.Version.Number) ?? throw new InvalidOperationException("A group has a member.");
            var live = _live.Of(newest.Version.Id);
            return new DocumentProgress(
                newest.Version.DocumentId, newest.Name, newest.Version.Id, newest.Version.Number, newest.Version.State, newest.Version.FailureReason, newest.DeletingAt is not null,
                versions.FirstOrDefault(v => v.Version.State is VersionState.Ready)?.Version.Number,
                newest.Version.PageCount, newest.Version.ChunkCount, live?.Done, live?.Total);
        }).OrderBy(d => d.Name, StringComparer.CurrentCultureIgnoreCase)];
    }
}

using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion.Extract.Pdf;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Blobs;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Portal.Documents;

/// <summary>What to open. <c>Cause</c> is the request whose citation led here.</summary>
internal sealed record PageRequest(DocumentVersionId Version, int Page, int MarkStart = 0, int MarkLength = 0, RequestId? Cause = null);

/// <summary>
/// The only way to document content outside an answer: scope first, then a durable <c>view.open</c> leaf, then the bytes.
/// Safe for concurrent callers.
/// </summary>
internal sealed class PageReader(IDbContextFactory<RagDbContext> contexts, ScopeResolver scopes, AuditLedger ledger, DocumentTextStore texts, BlobStore blobs, PdfPageRenderer renderer)
{
    /// <summary>Resolution of page images: sharp at the viewer's width, about 150 kB a page.</summary>
    private const int Dpi = 130;

    /// <summary>The page's text, the marks and, where wanted and possible, its picture.</summary>
    /// <exception cref="AuditUnavailableException">The view could not be recorded; nothing was read.</exception>
    public async Task<Result<PageView>> OpenAsync(Actor actor, PageRequest request, bool withImage, CancellationToken cancellationToken)
    {
        if (await FindAsync(actor, request, cancellationToken) is not { } found)
        {
            return NotThere();
        }

        var receipt = await RecordAsync(actor, found, request, cancellationToken);
        var text = await texts.LoadAsync(found.Document.Id, request.Version, cancellationToken);
        if (text.Pages.FirstOrDefault(p => p.Number == request.Page) is not { } page)
        {
            return NotThere();
        }

        string? image = null;
        if (withImage && page.Width > 0)
        {
            var png = await RenderAsync(found, request.Page, cancellationToken);
            image = png.IsSuccess ? "data:image/png;base64," + Convert.ToBase64String(png.Value) : null; // the text is there all the same
        }

        var isMarked = request.MarkLength > 0;
        return new PageView(
            found.Document.Name, page.Number, text.Pages.Count, text.Text.Substring(page.Start, page.Length),
            isMarked ? PageMarks.Marks(page, request.MarkStart, request.MarkLength) : [],
            isMarked ? PageMarks.Boxes(text, page.Number, request.MarkStart, request.MarkLength) : [],
            page.Width, page.Height, image, receipt);
    }

    /// <summary>The page of a PDF as PNG.</summary>
    /// <exception cref="AuditUnavailableException">The view could not be recorded; nothing was read.</exception>
    public async Task<Result<byte[]>> OpenImageAsync(Actor actor, PageRequest request, CancellationToken cancellationToken)
    {
        if (await FindAsync(actor, request, cancellationToken) is not { } found || !string.Equals(found.Version.MediaType, "application/pdf", StringComparison.Ordinal))
        {
            return NotThere();
        }

        await RecordAsync(actor, found, request, cancellationToken);
        return await RenderAsync(found, request.Page, cancellationToken);
    }

    private async Task<Found?> FindAsync(Actor actor, PageRequest request, CancellationToken cancellationToken)
    {
        var readable = (await scopes.ResolveAsync(actor.Person, cancellationToken)).Matters.ToArray();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await db.DocumentVersions.AsNoTracking()
            .Where(v => v.Id == request.Version && readable.Contains(v.MatterId) && (v.State == VersionState.Ready || v.State == VersionState.Superseded))
            .Join(db.Documents.Where(static d => d.DeletingAt == null), static v => v.DocumentId, static d => d.Id, static (v, d) => new { Version = v, Document = d })
            .Join(db.Matters, static x => x.Document.MatterId, static m => m.Id, static (x, m) => new { x.Version, x.Document, Matter = m })
            .SingleOrDefaultAsync(cancellationToken);
        return found is null || request.Page < 1 || request.Page > Math.Max(1, found.Version.PageCount) ? null : new Found(found.Document, found.Version, found.Matter);
    }

    private Task<Receipt> RecordAsync(Actor actor, Found found, PageRequest request, CancellationToken cancellationToken)
    {
        var m = found.Matter;
        var level = m.RecordingLevel switch
        {
            RecordingLevel.Content => RecordingLevelCode.Content,
            RecordingLevel.Hash => RecordingLevelCode.Hash,
            _ => RecordingLevelCode.Metadata,
        };
        return ledger.AppendViewOpenAsync(actor, new ProcessingContext(m.Purpose, m.LegalBasis, m.RetentionClass, level, m.Privileged), request.Version, request.Page, request.Cause, cancellationToken);
    }

    private async Task<Result<byte[]>> RenderAsync(Found found, int page, CancellationToken cancellationToken)
    {
        await using var stream = await blobs.OpenReadAsync(found.Document.Id, new BlobRef(found.Version.Sha256, found.Version.SizeBytes), cancellationToken);
        var pdf = new byte[found.Version.SizeBytes];
        await stream.ReadExactlyAsync(pdf, cancellationToken);
        return await renderer.RenderPageAsync(pdf, page, Dpi, cancellationToken);
    }

    private static Failure NotThere() => new(FailureKind.NotFound, "There is no such page, or you may not read it.");

    private sealed record Found(Document Document, DocumentVersion Version, Matter Matter);
}

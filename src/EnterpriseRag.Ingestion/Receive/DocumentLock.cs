using EnterpriseRag.Foundation;
using EnterpriseRag.Storage;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Ingestion.Receive;

/// <summary>The row lock under which a document is received, published and marked for deletion. Held to the end of the transaction.</summary>
internal static class DocumentLock
{
    /// <summary>Waits for the lock and returns the row as it is then; null when the document is gone. Order of locks: the job's row first, then the document's.</summary>
    public static Task<Document?> TakeAsync(RagDbContext context, DocumentId document, CancellationToken cancellationToken) =>
        context.Documents.FromSql($"SELECT * FROM rag.document WHERE id = {document.Value} FOR UPDATE").SingleOrDefaultAsync(cancellationToken);
}

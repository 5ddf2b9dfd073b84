using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Access;

namespace EnterpriseRag.Retrieval.Search;

/// <summary>Finds passages for a question. Safe for concurrent callers.</summary>
public sealed class PassageSearch
{
    /// <exception cref="TicketRefusedException">The ticket does not open retrieval; nothing was searched.</exception>
    public Task<SearchResult> SearchAsync(AuditTicket ticket, ReadableScope scope, SearchQuery query, CancellationToken cancellationToken) => throw new NotSupportedException("stub");
}

using EnterpriseRag.Audit;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Storage;
using Microsoft.EntityFrameworkCore;

namespace EnterpriseRag.Answering.Ask;

/// <summary>
/// Purpose, legal basis, retention class and recording level of a request, from the matters in its scope. Several matters in one request: all
/// purposes and bases are named, the strictest recording level holds, privilege of one is privilege of all.
/// </summary>
internal sealed class RequestGrounds(IDbContextFactory<RagDbContext> contexts)
{
    // Shortest first: a record about several matters is kept no longer than the shortest of their classes (Art. 5(1)(e) GDPR).
    private static readonly string[] s_classesByLength = ["sec-90d", "ai-6m", "std-12m", "hgb-6y", "hgb-8y", "hgb-10y", "case"];

    public async Task<ProcessingContext> OfAsync(ReadableScope scope, CancellationToken cancellationToken)
    {
        var ids = scope.Matters.ToList();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var matters = await context.Set<Matter>().AsNoTracking().Where(m => ids.Contains(m.Id)).OrderBy(m => m.Id).ToListAsync(cancellationToken);
        if (matters.Count != ids.Count || matters.Count == 0)
        {
            throw new InvalidOperationException("A matter of the scope is gone: the scope must be resolved again.");
        }

        return new ProcessingContext(
            Join(matters.Select(static m => m.Purpose)),
            Join(matters.Select(static m => m.LegalBasis)),
            matters.Select(static m => m.RetentionClass).MinBy(static c => Array.IndexOf(s_classesByLength, c) is var i and >= 0 ? i : int.MaxValue)!, // not empty, see above
            matters.Max(static m => m.RecordingLevel) switch
            {
                RecordingLevel.Content => RecordingLevelCode.Content,
                RecordingLevel.Hash => RecordingLevelCode.Hash,
                _ => RecordingLevelCode.Metadata,
            },
            matters.Exists(static m => m.Privileged));
    }

    private static string Join(IEnumerable<string> values) => string.Join('+', values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
}

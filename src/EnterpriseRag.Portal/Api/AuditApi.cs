using System.Security.Claims;
using EnterpriseRag.Audit.Reading;
using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Identity;
using EnterpriseRag.Portal.Review;

namespace EnterpriseRag.Portal.Api;

/// <summary>A record of the ledger without content; <c>Proof</c> was recomputed for this response.</summary>
internal sealed record RecordView(
    string Log, long Seq, DateTimeOffset Time, string Type, Guid Rid, Guid? Of, string? Pseudonym, string? ActorKind, string? Purpose, string? Outcome, string Core, string LeafHash, ProofState Proof);

/// <summary><c>Next</c> goes into the query of the page after; absent at the end.</summary>
internal sealed record RecordsView(IReadOnlyList<RecordView> Records, string? Next);

/// <summary>/api/audit: compliance officers read records; reading is itself recorded.</summary>
internal static class AuditApi
{
    public static void MapAudit(this IEndpointRouteBuilder api)
    {
        var audit = api.MapGroup("/audit").RequireAuthorization(Policies.Reviews);
        audit.MapGet("/records", RecordsAsync).WithSummary("Records, newest first, each with its proof state").Produces<RecordsView>();
        audit.MapGet("/status", static async (LedgerDesk desk, CancellationToken cancellationToken) => TypedResults.Ok(await desk.StateAsync(cancellationToken)))
            .WithSummary("Whether the ledger writes, and the head of each log");
    }

    private static async Task<IResult> RecordsAsync(
        ClaimsPrincipal user, LedgerDesk desk, CancellationToken cancellationToken,
        string? type = null, string? pseudonym = null, Guid? request = null, DateTimeOffset? from = null, DateTimeOffset? until = null, int limit = 50, string? next = null)
    {
        try
        {
            var filter = new LedgerFilter(type, pseudonym, request is { } id ? new RequestId(id) : null, from, until);
            var page = await desk.ReadAsync(user.ToActor(), filter, limit, next, cancellationToken);
            return TypedResults.Ok(new RecordsView([.. page.Records.Select(View)], page.Next));
        }
        catch (ArgumentException e)
        {
            return Problems.From(new Failure(FailureKind.Invalid, e.Message)); // the reader's way of refusing a filter
        }
    }

    private static RecordView View(LedgerRecord r) =>
        new(r.Log, r.Seq, r.Time, r.Type, r.Rid.Value, r.Of?.Value, r.Pseudonym, r.ActorKind, r.Purpose, r.Outcome, r.CoreJson, r.LeafHash, r.Proof);
}

using System.Security.Claims;
using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Identity;
using MediatR;

namespace EnterpriseRag.Portal.Api;

/// <summary>A search. <c>K</c> is the number of passages wanted (1 to 100).</summary>
internal sealed record SearchBody(string? Text, int K = 10, IReadOnlyList<Guid>? Matters = null);

internal sealed record FoundPassage(
    int Rank, Guid Document, Guid Version, string DocumentName, Guid Matter, int Page, int Start, int Length, IReadOnlyList<string> HeadingPath, string Language, string Text, double Score);

internal sealed record SearchAnswer(string Language, IReadOnlyList<FoundPassage> Passages, Receipt Receipt);

/// <summary>POST /api/search: ranked passages without an answer. The request and what was listed are recorded.</summary>
internal static class SearchApi
{
    public static void MapSearch(this IEndpointRouteBuilder api) => api.MapPost("/search", SearchAsync)
        .RequireAuthorization(Policies.Reads)
        .WithSummary("Finds passages without an answer")
        .Produces<SearchAnswer>()
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> SearchAsync(SearchBody body, ClaimsPrincipal user, IMediator mediator, CancellationToken cancellationToken)
    {
        var matters = body.Matters is { Count: > 0 } ids ? ids.Select(static id => new MatterId(id)).ToArray() : null;
        var found = await mediator.Send(new SearchDocuments(user.ToActor(), body.Text ?? "", body.K, matters), cancellationToken);
        return found.IsSuccess
            ? TypedResults.Ok(new SearchAnswer(found.Value.Language, [.. found.Value.Passages.Select(View)], found.Value.Receipt))
            : Problems.From(found.Failure);
    }

    private static FoundPassage View(Retrieval.Search.Passage p, int index) => new(
        index + 1, p.Document.Value, p.Version.Value, p.DocumentName, p.Matter.Value, p.Page, p.Start, p.Text.Length, p.HeadingPath, p.Language, p.Text, p.Score);
}

using System.Security.Claims;
using EnterpriseRag.Portal.Identity;

namespace EnterpriseRag.Portal.Api;

internal sealed record NewTokenBody(string Name, int Days = 90);

/// <summary>/api/tokens: the caller's own personal access tokens. A new token is in the response once.</summary>
internal static class TokensApi
{
    public static void MapTokens(this IEndpointRouteBuilder api)
    {
        var tokens = api.MapGroup("/tokens"); // any signed-in person; the fallback policy applies
        tokens.MapGet("/", static async (ClaimsPrincipal user, PersonalTokens own, CancellationToken cancellationToken) =>
            TypedResults.Ok(await own.ListAsync(user.ToActor().Person, cancellationToken))).WithSummary("The caller's tokens");
        tokens.MapPost("/", CreateAsync).WithSummary("Makes a token; it is shown once");
        tokens.MapDelete("/{id:guid}", RevokeAsync).WithSummary("Revokes a token");
    }

    private static async Task<IResult> CreateAsync(NewTokenBody body, ClaimsPrincipal user, PersonalTokens own, CancellationToken cancellationToken)
    {
        var created = await own.CreateAsync(user.ToActor(), body.Name, body.Days, cancellationToken);
        return created.IsSuccess ? TypedResults.Created((string?)null, new { token = created.Value.Reveal() }) : Problems.From(created.Failure);
    }

    private static async Task<IResult> RevokeAsync(Guid id, ClaimsPrincipal user, PersonalTokens own, CancellationToken cancellationToken)
    {
        var revoked = await own.RevokeAsync(user.ToActor(), id, cancellationToken);
        return revoked.IsSuccess ? TypedResults.NoContent() : Problems.From(revoked.Failure);
    }
}

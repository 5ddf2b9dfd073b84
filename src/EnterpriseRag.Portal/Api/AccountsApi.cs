using System.Security.Claims;
using EnterpriseRag.Portal.Identity;

namespace EnterpriseRag.Portal.Api;

internal sealed record NewAccountBody(string UserName, string? DisplayName, IReadOnlyList<string> Roles);

/// <summary>/api/accounts: administrators list and create local accounts. The generated password is in the response once and nowhere else.</summary>
internal static class AccountsApi
{
    public static void MapAccounts(this IEndpointRouteBuilder api)
    {
        var accounts = api.MapGroup("/accounts").RequireAuthorization(Policies.Administers);
        accounts.MapGet("/", static async (AccountDirectory directory, CancellationToken cancellationToken) => TypedResults.Ok(await directory.ListAsync(cancellationToken)))
            .WithSummary("Local accounts with their roles");
        accounts.MapPost("/", CreateAsync).WithSummary("Creates a local account with a generated password");
    }

    private static async Task<IResult> CreateAsync(NewAccountBody body, ClaimsPrincipal user, AccountDirectory directory, CancellationToken cancellationToken)
    {
        var password = Passwords.Generate();
        var created = await directory.CreateAsync(user.ToActor(), body.UserName, body.DisplayName ?? "", password, body.Roles, cancellationToken);
        return created.IsSuccess ? TypedResults.Created((string?)null, new { id = created.Value.Id, password = password.Reveal() }) : Problems.From(created.Failure);
    }
}

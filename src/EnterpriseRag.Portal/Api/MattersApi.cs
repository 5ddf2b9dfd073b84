using System.Security.Claims;
using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Documents;
using EnterpriseRag.Portal.Identity;
using EnterpriseRag.Storage;

namespace EnterpriseRag.Portal.Api;

/// <summary>A member to add: the account's user name and the role in the matter.</summary>
internal sealed record MemberBody(string UserName, MatterRole Role);

internal sealed record WallBody(string UserName);

/// <summary>/api/matters: the caller's matters; administrators create matters and set members.</summary>
internal static class MattersApi
{
    public static void MapMatters(this IEndpointRouteBuilder api)
    {
        var matters = api.MapGroup("/matters");
        matters.MapGet("/", ListAsync).RequireAuthorization(Policies.HandsIn).WithSummary("Matters that the caller may read; all of them for administrators");
        matters.MapPost("/", CreateAsync).RequireAuthorization(Policies.Administers).WithSummary("Creates a matter");
        matters.MapPost("/{matter:guid}/walls", SetWallAsync).RequireAuthorization(Policies.Administers).WithSummary("Excludes a person from a matter; beats every membership");
        matters.MapPost("/{matter:guid}/members", SetMemberAsync).RequireAuthorization(Policies.Administers).WithSummary("Adds a member or changes a member's role");
    }

    private static async Task<IResult> ListAsync(ClaimsPrincipal user, MatterRegister register, CancellationToken cancellationToken) =>
        TypedResults.Ok(await register.ListAsync(user.ToActor(), cancellationToken));

    private static async Task<IResult> CreateAsync(NewMatter body, ClaimsPrincipal user, MatterRegister register, CancellationToken cancellationToken)
    {
        var created = await register.CreateAsync(user.ToActor(), body, cancellationToken);
        return created.IsSuccess ? TypedResults.Created((string?)null, new { id = created.Value.Value }) : Problems.From(created.Failure);
    }

    private static async Task<IResult> SetMemberAsync(Guid matter, MemberBody body, ClaimsPrincipal user, MatterRegister register, AccountDirectory accounts, CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(body.UserName) is not { } account)
        {
            return Problems.From(new Failure(FailureKind.Invalid, "There is no account of that name."));
        }

        var set = await register.SetMemberAsync(user.ToActor(), new MatterId(matter), account.Person, body.Role, cancellationToken);
        return set.IsSuccess ? TypedResults.NoContent() : Problems.From(set.Failure);
    }

    private static async Task<IResult> SetWallAsync(Guid matter, WallBody body, ClaimsPrincipal user, MatterRegister register, AccountDirectory accounts, CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(body.UserName) is not { } account)
        {
            return Problems.From(new Failure(FailureKind.Invalid, "There is no account of that name."));
        }

        var set = await register.SetWallAsync(user.ToActor(), new MatterId(matter), account.Person, cancellationToken);
        return set.IsSuccess ? TypedResults.NoContent() : Problems.From(set.Failure);
    }
}

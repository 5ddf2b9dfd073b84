using System.Security.Claims;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Portal.Identity;

/// <summary>Turns the signed-in principal into the ledger's actor. The person always comes from here, never from a request body.</summary>
internal static class SignedIn
{
    private static readonly string[] s_platformRoles = [PlatformRoles.Administrator, PlatformRoles.ComplianceOfficer, PlatformRoles.Reader];

    /// <exception cref="InvalidOperationException">Nobody is signed in: the endpoint lacks its policy.</exception>
    public static Actor ToActor(this ClaimsPrincipal principal)
    {
        if (principal.Identity?.IsAuthenticated != true || !Guid.TryParse(principal.FindFirstValue(ClaimTypes.NameIdentifier), out var id))
        {
            throw new InvalidOperationException("No person is signed in.");
        }

        var roles = s_platformRoles.Where(principal.IsInRole).ToArray();
        return ToActor(new PersonId(id), roles, string.Equals(principal.Identity.AuthenticationType, TokenAuthentication.Scheme, StringComparison.Ordinal) ? "token" : "password");
    }

    public static Actor ToActor(PersonId person, IReadOnlyList<string> roles, string authentication)
    {
        var kind = roles.Contains(PlatformRoles.Reader) ? ActorKind.User
            : roles.Contains(PlatformRoles.ComplianceOfficer) ? ActorKind.Officer
            : roles.Contains(PlatformRoles.Administrator) ? ActorKind.Administrator
            : ActorKind.User;
        return new Actor(person, kind, roles, authentication);
    }

    /// <summary>What the host itself does at start (migrations, seed, first run).</summary>
    public static Actor System { get; } = new(new PersonId(Guid.Empty), ActorKind.System, [], "none");
}

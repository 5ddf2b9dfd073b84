using System.Security.Claims;
using System.Text.Encodings.Web;
using EnterpriseRag.Foundation;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace EnterpriseRag.Portal.Identity;

/// <summary>
/// <c>Authorization: Bearer rag_…</c>. A presented token that does not count is an <c>auth</c> leaf; the leaf comes before the refusal, and when
/// it cannot be written the call ends as 503 like everything else.
/// </summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    PersonalTokens tokens, SignInDoor door, IUserClaimsPrincipalFactory<Account> principals)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "token";

    private const string Bearer = "Bearer ";

    /// <summary>Whether the request chose this scheme; such a request never falls back to the cookie.</summary>
    public static bool IsChosenBy(HttpContext context) =>
        context.Request.Headers.Authorization.ToString().StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // The error page is shown to nobody in particular: signing in again could fail for the very reason that it is shown.
        if (!IsChosenBy(Context) || Context.Features.Get<IExceptionHandlerFeature>() is not null)
        {
            return AuthenticateResult.NoResult();
        }

        var hash = AccessToken.Hash(Request.Headers.Authorization.ToString()[Bearer.Length..].Trim());
        var account = hash is null ? null : await tokens.FindOwnerAsync(hash, Context.RequestAborted);
        if (account is null)
        {
            await door.RecordRefusedTokenAsync(Context.Connection.RemoteIpAddress, Context.RequestAborted);
            return AuthenticateResult.Fail("The token is unknown, expired or revoked.");
        }

        var identity = (await principals.CreateAsync(account)).Identities.First();
        var principal = new ClaimsPrincipal(new ClaimsIdentity(identity.Claims, Scheme, identity.NameClaimType, identity.RoleClaimType));
        return AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        return Task.CompletedTask;
    }
}

using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Portal.Identity;

/// <summary>The session cookie: strict, out of reach of scripts, ended after hours without use. Programs get a status instead of the sign-in page.</summary>
internal static class SignInCookie
{
    public static void Configure(CookieAuthenticationOptions options, IOptions<PortalOptions> portal)
    {
        options.Cookie.Name = "rag-session";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = TimeSpan.FromHours(portal.Value.SessionHours);
        options.SlidingExpiration = true;
        options.LoginPath = "/sign-in";
        options.AccessDeniedPath = "/forbidden";
        options.ReturnUrlParameter = "returnUrl";
        options.Events.OnValidatePrincipal = SecurityStampValidator.ValidatePrincipalAsync;
        options.Events.OnRedirectToLogin = static context => StatusOrRedirect(context, StatusCodes.Status401Unauthorized);
        options.Events.OnRedirectToAccessDenied = static context =>
        {
            context.RedirectUri = Home(context.HttpContext) ?? context.RedirectUri;
            return StatusOrRedirect(context, StatusCodes.Status403Forbidden);
        };
    }

    /// <summary>Where people without the reader role begin; the start page is the readers'.</summary>
    private static string? Home(HttpContext context) =>
        context.Request.Path != "/" ? null
        : context.User.IsInRole(PlatformRoles.ComplianceOfficer) ? "/audit"
        : context.User.IsInRole(PlatformRoles.Administrator) ? "/administration"
        : null;

    private static Task StatusOrRedirect(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        var path = context.Request.Path;
        if (ApiPaths.IsApi(path) || path.StartsWithSegments("/openapi", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.StatusCode = status;
        }
        else
        {
            context.Response.Redirect(context.RedirectUri);
        }

        return Task.CompletedTask;
    }
}

using System.Net.Mime;
using EnterpriseRag.Portal.Identity;

namespace EnterpriseRag.Portal.Hosting;

/// <summary>
/// Refuses writes to the API that another site makes a signed-in browser send. Forms of the portal carry an antiforgery token; API calls
/// carry JSON or files without one, so the browser's own statement of origin decides. Calls with a personal token are not affected: no
/// browser attaches those by itself. Alternative refused: relying on SameSite alone, which a sibling host of the same site passes.
/// </summary>
internal static class CrossSiteGuard
{
    public static IApplicationBuilder UseCrossSiteGuard(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var request = context.Request;
        if (!ApiPaths.IsApi(request.Path) || HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)
            || string.Equals(context.User.Identity?.AuthenticationType, TokenAuthentication.Scheme, StringComparison.Ordinal) || context.User.Identity?.IsAuthenticated != true
            || IsSameOrigin(request))
        {
            await next(context);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        await context.Response.WriteAsJsonAsync(
            new { type = "urn:rag:cross-site", title = "This request came from another site.", status = 403 },
            options: null, MediaTypeNames.Application.ProblemJson, context.RequestAborted);
    });

    private static bool IsSameOrigin(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
        {
            return string.Equals(site, "same-origin", StringComparison.Ordinal);
        }

        // Browsers leave Sec-Fetch-Site out over plain http to other hosts than loopback, but always send Origin with a write.
        return Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin)
            && string.Equals(origin.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }
}

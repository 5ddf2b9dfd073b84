using EnterpriseRag.Portal.Api.OpenAi;
using Microsoft.AspNetCore.Diagnostics;

namespace EnterpriseRag.Portal.Hosting;

/// <summary>An empty error response becomes a page for browsers (by running the pipeline again for the page's path) and a problem for programs.</summary>
internal static class PageStatus
{
    public static async Task WriteAsync(StatusCodeContext status)
    {
        var context = status.HttpContext;
        var request = context.Request;
        if (ApiPaths.IsOpenAi(request.Path))
        {
            await OpenAiError.OfStatus(context.Response.StatusCode).ExecuteAsync(context);
            return;
        }

        if (ApiPaths.IsApi(request.Path) || !HttpMethods.IsGet(request.Method) || context.Response.StatusCode != StatusCodes.Status404NotFound)
        {
            await Results.Problem(statusCode: context.Response.StatusCode).ExecuteAsync(context);
            return;
        }

        request.Path = "/not-found";
        context.SetEndpoint(null);
        context.Request.RouteValues.Clear();
        await status.Next(context);
    }
}

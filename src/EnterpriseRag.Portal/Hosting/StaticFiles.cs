namespace EnterpriseRag.Portal.Hosting;

/// <summary>Files of <c>wwwroot</c>. Addresses with the build's id may be kept for a year; the modules that scripts import by plain name are asked for again.</summary>
internal static class StaticFiles
{
    public static StaticFileOptions Options { get; } = new()
    {
        OnPrepareResponse = static context => context.Context.Response.Headers.CacheControl =
            context.Context.Request.Query.ContainsKey("v") ? "public, max-age=31536000, immutable" : "no-cache",
    };
}

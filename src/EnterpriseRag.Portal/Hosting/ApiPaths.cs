namespace EnterpriseRag.Portal.Hosting;

/// <summary>Which addresses are for programs: they get statuses and JSON where people get pages.</summary>
internal static class ApiPaths
{
    /// <summary>Our own API and the one in OpenAI's form.</summary>
    public static bool IsApi(PathString path) => path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase) || IsOpenAi(path);

    /// <summary>Errors there have OpenAI's form.</summary>
    public static bool IsOpenAi(PathString path) => path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase);
}

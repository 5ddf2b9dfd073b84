using System.Net.Mime;
using EnterpriseRag.Portal.Hosting;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace EnterpriseRag.Portal.Api;

/// <summary>
/// /health/live (the process answers) and /health/ready (every part that an answer needs): the only endpoints without sign-in beside the
/// sign-in page, so they name parts and states and nothing else.
/// </summary>
internal static class HealthApi
{
    private const string Ready = "ready";

    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<DatabaseHealth>("database", tags: [Ready], timeout: TimeSpan.FromSeconds(3))
            .AddCheck<LedgerHealth>("audit", tags: [Ready])
            .AddCheck<IndexHealth>("index", tags: [Ready])
            .AddCheck<ModelHealth>("model", tags: [Ready]);
        return services;
    }

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = static _ => false, ResponseWriter = WriteAsync }).AllowAnonymous();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = static c => c.Tags.Contains(Ready), ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    private static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        new
        {
            status = Word(report.Status),
            parts = report.Entries.ToDictionary(static e => e.Key, static e => new { status = Word(e.Value.Status), detail = e.Value.Description }, StringComparer.Ordinal),
        },
        ApiModule.Json, MediaTypeNames.Application.Json, context.RequestAborted);

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ready",
        HealthStatus.Degraded => "degraded",
        _ => "unavailable",
    };
}

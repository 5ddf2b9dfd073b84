namespace EnterpriseRag.Portal.Hosting;

/// <summary>One line per request: method, route pattern, status, duration. Never the path itself, the query or a body: they may carry names and questions.</summary>
internal static class RequestLog
{
    public static IApplicationBuilder UseRequestLog(this IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("EnterpriseRag.Portal.Requests");
        var time = app.ApplicationServices.GetRequiredService<TimeProvider>();
        return app.Use(async (context, next) =>
        {
            var started = time.GetTimestamp();
            try
            {
                await next(context);
            }
            finally
            {
                var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(none)";
                var elapsedMs = time.GetElapsedTime(started).TotalMilliseconds;
                Log.Request(logger, context.Request.Method, route, context.Response.StatusCode, elapsedMs);
            }
        });
    }
}

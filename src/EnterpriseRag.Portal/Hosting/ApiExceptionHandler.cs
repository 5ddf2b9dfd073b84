using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Api;
using EnterpriseRag.Portal.Api.OpenAi;
using EnterpriseRag.Storage.Postgres;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace EnterpriseRag.Portal.Hosting;

/// <summary>
/// Exceptions of API calls as problems; pages go on to <c>/error</c>, which asks <see cref="OutageReport"/> too. The ledger cannot write:
/// 503 with Retry-After, whatever the caller wanted. Nothing was retrieved, generated or shown.
/// </summary>
internal sealed class ApiExceptionHandler(OutageReport outage, ILogger<ApiExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        // The middleware has already pointed the request at the error page; the address that was asked for is in its feature.
        var path = new PathString(context.Features.Get<IExceptionHandlerPathFeature>()?.Path ?? context.Request.Path);
        if (!ApiPaths.IsApi(path) && !path.StartsWithSegments("/openapi", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var openAi = ApiPaths.IsOpenAi(path);
        if (openAi && OpenAiError.From(exception) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return true;
        }

        var failure = await outage.ExplainAsync(exception, cancellationToken);
        if (failure is null)
        {
            Log.RequestBroke(logger, exception);
            await (openAi ? OpenAiError.Internal(context.TraceIdentifier) : Results.Problem(title: "The server made an error.", detail: $"It was logged as {context.TraceIdentifier}.", statusCode: StatusCodes.Status500InternalServerError, type: "urn:rag:internal")).ExecuteAsync(context);
            return true;
        }

        Log.Outage(logger, failure.Kind, exception);
        await (openAi ? OpenAiError.From(failure) : Problems.From(failure)).ExecuteAsync(context);
        return true;
    }
}

/// <summary>Tells an outage of the ledger or the database from an error of ours.</summary>
internal sealed class OutageReport(Databases databases)
{
    /// <summary>AuditUnavailable or Unavailable; null when the exception is neither.</summary>
    public async Task<Failure?> ExplainAsync(Exception exception, CancellationToken cancellationToken)
    {
        if (exception is AuditUnavailableException)
        {
            return new Failure(FailureKind.AuditUnavailable, exception.Message);
        }

        // EF wraps a lost connection; a statement that the server refused is an error of ours and no outage.
        var cause = exception;
        while (cause is not null and not NpgsqlException)
        {
            cause = cause.InnerException;
        }

        if (cause is null or PostgresException { SqlState: not (PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections) })
        {
            return null;
        }

        try
        {
            // Usually one server holds all databases: then the ledger is down as well, and that is what people must be told.
            await using var command = databases.AuditVerifier.CreateCommand("SELECT 1"); // a pooled connection opens without asking the server
            await command.ExecuteScalarAsync(cancellationToken);
            return new Failure(FailureKind.Unavailable, "The database does not answer. Try again in a few seconds.");
        }
        catch (NpgsqlException)
        {
            return new Failure(FailureKind.AuditUnavailable, "The database of the ledger does not answer.");
        }
    }
}

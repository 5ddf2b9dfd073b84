using EnterpriseRag.Foundation;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EnterpriseRag.Portal.Api;

/// <summary>The closed set of failures as RFC 9457 problems. <c>type</c> is <c>urn:rag:…</c>; <c>detail</c> says what to do.</summary>
internal static class Problems
{
    private const string AuditUnavailableType = "urn:rag:audit-unavailable";
    private const int RetryAfterSeconds = 5;

    public static IResult From(Failure failure) => failure.Kind switch
    {
        FailureKind.Invalid => Of(StatusCodes.Status400BadRequest, "urn:rag:invalid", "The request breaks a rule.", failure.Message),
        FailureKind.NotFound => Of(StatusCodes.Status404NotFound, "urn:rag:not-found", "Not there, or not readable by you.", failure.Message),
        FailureKind.Forbidden => Of(StatusCodes.Status403Forbidden, "urn:rag:forbidden", "You lack the right.", failure.Message),
        FailureKind.Conflict => Of(StatusCodes.Status409Conflict, "urn:rag:conflict", "The state does not permit it now.", failure.Message),
        FailureKind.AuditUnavailable => AuditUnavailable(),
        FailureKind.Unavailable => new Retry(Of(StatusCodes.Status503ServiceUnavailable, "urn:rag:unavailable", "A needed part does not answer.", failure.Message)),
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure.Kind, "Unknown failure."),
    };

    public static IResult NotFound() => From(new Failure(FailureKind.NotFound, "Check the id."));

    public static IResult AuditUnavailable() => new Retry(Of(
        StatusCodes.Status503ServiceUnavailable, AuditUnavailableType, "The audit ledger cannot write.",
        "Nothing was searched, answered or shown. Try again in a few seconds."));

    private static ProblemHttpResult Of(int status, string type, string title, string detail) => TypedResults.Problem(detail, statusCode: status, title: title, type: type);

    private sealed class Retry(IResult inner) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            return inner.ExecuteAsync(context);
        }
    }
}

using System.Globalization;
using System.Net.Mime;
using System.Text.Json.Nodes;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Remote;

namespace EnterpriseRag.Portal.Api.OpenAi;

/// <summary>A request that breaks a rule of the OpenAI form. The message goes to the caller.</summary>
internal sealed class OpenAiRequestException(string message, string? parameter = null, string? code = null) : Exception(message)
{
    public string? Parameter { get; } = parameter;

    public string? Code { get; } = code;
}

/// <summary>Errors under /v1 in the form that OpenAI's clients read: <c>{"error": {"message", "type", "param", "code"}}</c>.</summary>
internal sealed class OpenAiError(int status, string message, string type, string? parameter, string? code, TimeSpan? retryAfter = null) : IResult
{
    private const string InvalidRequest = "invalid_request_error";
    private static readonly TimeSpan s_ledgerRetry = TimeSpan.FromSeconds(5);

    public static OpenAiError From(Failure failure) => failure.Kind switch
    {
        FailureKind.Invalid => new(StatusCodes.Status400BadRequest, failure.Message, InvalidRequest, null, null),
        FailureKind.NotFound => new(StatusCodes.Status404NotFound, failure.Message, InvalidRequest, "model", "model_not_found"),
        FailureKind.Forbidden => OfStatus(StatusCodes.Status403Forbidden),
        FailureKind.Conflict => new(StatusCodes.Status409Conflict, failure.Message, InvalidRequest, null, "conflict"),
        FailureKind.AuditUnavailable => new(StatusCodes.Status503ServiceUnavailable, "The audit ledger cannot be written. Nothing was generated; try again in a few seconds.", "server_error", null, "audit_unavailable", s_ledgerRetry),
        FailureKind.Unavailable => new(StatusCodes.Status503ServiceUnavailable, failure.Message, "server_error", null, "unavailable", s_ledgerRetry),
        _ => throw new ArgumentOutOfRangeException(nameof(failure), failure.Kind, "Unknown failure."),
    };

    /// <summary>Null when the exception is an error of ours.</summary>
    public static OpenAiError? From(Exception exception) => exception switch
    {
        OpenAiRequestException e => new(StatusCodes.Status400BadRequest, e.Message, InvalidRequest, e.Parameter, e.Code),
        GenerationBusyException e => new(StatusCodes.Status429TooManyRequests, e.Message, "rate_limit_error", null, "rate_limit_exceeded", e.RetryAfter),
        RemoteModelException e => new(StatusCodes.Status503ServiceUnavailable, e.Message, "server_error", null, "model_unavailable", s_ledgerRetry),
        BadHttpRequestException e => new(e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "The request body is too long." : "The request cannot be read.", InvalidRequest, null, null),
        _ => null,
    };

    /// <summary>Endpoint filter: a refusal is an answer and no fault of ours.</summary>
    public static async ValueTask<object?> ExplainAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (Exception e) when (From(e) is not null)
        {
            return From(e);
        }
    }

    /// <summary>For answers that some other part has refused with a bare status.</summary>
    public static OpenAiError OfStatus(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => new(status, "Send a personal access token: Authorization: Bearer rag_… (made under My access, or with 'rag token create').", InvalidRequest, null, "invalid_api_key"),
        StatusCodes.Status403Forbidden => new(status, "Your role does not permit this.", "permission_error", null, "forbidden"),
        StatusCodes.Status404NotFound => new(status, "There is no such address.", InvalidRequest, null, "unknown_url"),
        StatusCodes.Status405MethodNotAllowed => new(status, "The address does not take this method.", InvalidRequest, null, "method_not_supported"),
        StatusCodes.Status413PayloadTooLarge => new(status, "The request body is too long.", InvalidRequest, null, null),
        >= 500 => new(status, "The server made an error.", "server_error", null, null),
        _ => new(status, "The request was refused.", InvalidRequest, null, null),
    };

    public static OpenAiError Internal(string trace) => new(StatusCodes.Status500InternalServerError, $"The server made an error. It was logged as {trace}.", "server_error", null, "internal");

    /// <summary>The body, which is also the last event of a stream that broke.</summary>
    public JsonObject ToJson() => new()
    {
        ["error"] = new JsonObject { ["message"] = message, ["type"] = type, ["param"] = parameter, ["code"] = code },
    };

    public Task ExecuteAsync(HttpContext context)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = MediaTypeNames.Application.Json;
        if (retryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return context.Response.WriteAsync(ToJson().ToJsonString(ApiModule.Json), context.RequestAborted);
    }
}

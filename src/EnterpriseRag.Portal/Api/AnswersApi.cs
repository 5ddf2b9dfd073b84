using System.Security.Claims;
using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Foundation;
using EnterpriseRag.Portal.Identity;
using MediatR;

namespace EnterpriseRag.Portal.Api;

/// <summary>A question. <c>Matters</c> are ids; absent or empty means all that the caller may read.</summary>
internal sealed record AskBody(string? Text, AnswerMode Mode = AnswerMode.Auto, IReadOnlyList<Guid>? Matters = null, string? Conversation = null);

/// <summary>POST /api/answers: the answer as server-sent events.</summary>
internal static class AnswersApi
{
    public static void MapAnswers(this IEndpointRouteBuilder api) => api.MapPost("/answers", AskAsync)
        .RequireAuthorization(Policies.Reads)
        .WithSummary("Asks a question; the answer comes as server-sent events")
        .Produces<string>(contentType: "text/event-stream")
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> AskAsync(AskBody body, ClaimsPrincipal user, IMediator mediator, ILogger<AnswerStream> logger, CancellationToken cancellationToken)
    {
        var question = new Question(user.ToActor(), body.Text ?? "", body.Mode, body.Matters is { Count: > 0 } ids ? [.. ids.Select(static id => new MatterId(id))] : null, body.Conversation);
        var asked = await mediator.Send(question, cancellationToken);
        return asked.IsSuccess ? new AnswerStream(asked.Value, logger) : Problems.From(asked.Failure);
    }
}

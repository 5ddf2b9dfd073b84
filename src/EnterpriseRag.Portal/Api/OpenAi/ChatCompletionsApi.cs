using System.Security.Claims;
using System.Text.Json.Nodes;
using EnterpriseRag.Answering.Direct;
using EnterpriseRag.Portal.Identity;
using MediatR;

namespace EnterpriseRag.Portal.Api.OpenAi;

/// <summary>POST /v1/chat/completions: the language model itself, without documents; recorded like every other use.</summary>
internal static class ChatCompletionsApi
{
    public static void MapChatCompletions(this IEndpointRouteBuilder api) => api.MapPost("/chat/completions", CompleteAsync)
        .RequireAuthorization(Policies.Reads)
        .WithSummary("A conversation with the language model, in OpenAI's form");

    private static async Task<IResult> CompleteAsync(HttpContext context, ClaimsPrincipal user, IMediator mediator, TimeProvider time, ILogger<ChatStream> logger, CancellationToken cancellationToken)
    {
        using var json = await JsonFields.ReadBodyAsync(context.Request, cancellationToken);
        var body = ChatBody.Read(json.RootElement);
        var asked = await mediator.Send(new DirectChat(user.ToActor(), body.Model, body.Messages, body.Options, json.RootElement.GetRawText(), body.Stream), cancellationToken);
        if (!asked.IsSuccess)
        {
            return OpenAiError.From(asked.Failure);
        }

        var shape = new ChatShape(asked.Value, time.GetUtcNow());
        if (body.Stream)
        {
            return new ChatStream(asked.Value, shape, body.IncludeUsage, logger);
        }

        await using var run = asked.Value;
        var parts = new List<DirectChatPart>();
        await foreach (var part in run.PartsAsync(cancellationToken))
        {
            parts.Add(part);
        }

        return new JsonResult(shape.Whole(parts, run.End ?? throw new InvalidOperationException("The answer has no end.")));
    }

    private sealed class JsonResult(JsonObject value) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.ContentType = System.Net.Mime.MediaTypeNames.Application.Json;
            return context.Response.WriteAsync(value.ToJsonString(ApiModule.Json), context.RequestAborted);
        }
    }
}

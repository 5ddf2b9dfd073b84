using System.Text.Json.Nodes;
using EnterpriseRag.Answering.Direct;
using EnterpriseRag.Audit;
using EnterpriseRag.Inference.Remote;
using Microsoft.AspNetCore.Http.Features;

namespace EnterpriseRag.Portal.Api.OpenAi;

/// <summary>
/// An answer as server-sent events of the chat completions API, ended by <c>[DONE]</c>. When the client goes away, the generation stops and the request ends
/// in the ledger as aborted; when the ledger stops writing, an error event says that the answer is void, and no <c>[DONE]</c> follows.
/// </summary>
internal sealed class ChatStream(DirectChatRun run, ChatShape shape, bool includeUsage, ILogger<ChatStream> logger) : IResult
{
    public async Task ExecuteAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var gone = context.RequestAborted;
        try
        {
            await using var answer = run;
            await WriteAsync(response, shape.First(), gone);
            await foreach (var part in answer.PartsAsync(gone))
            {
                await WriteAsync(response, shape.Chunk(part), gone);
            }

            var end = answer.End ?? throw new InvalidOperationException("The answer has no end.");
            await WriteAsync(response, shape.Last(end), gone);
            if (includeUsage)
            {
                await WriteAsync(response, shape.UsageChunk(end), gone);
            }

            await response.WriteAsync("data: [DONE]\n\n", gone);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // Nobody is there to be told; the ledger has its abort leaf.
        }
        catch (AuditUnavailableException e)
        {
            Log.AuditUnavailable(logger, e);
            await WriteAsync(response, new OpenAiError(StatusCodes.Status503ServiceUnavailable, "The audit ledger stopped writing. The answer is void.", "server_error", null, "audit_abort").ToJson(), gone);
        }
        catch (RemoteModelException e)
        {
            Log.AnswerBroke(logger, e);
            await WriteAsync(response, new OpenAiError(StatusCodes.Status503ServiceUnavailable, e.Message, "server_error", null, "model_unavailable").ToJson(), gone);
        }
        catch (Exception e) when (!gone.IsCancellationRequested)
        {
            // The status line is sent: the event is the only way left to say that this is not a complete answer.
            Log.AnswerBroke(logger, e);
            await WriteAsync(response, OpenAiError.Internal(context.TraceIdentifier).ToJson(), gone);
        }
    }

    private static async Task WriteAsync(HttpResponse response, JsonObject data, CancellationToken cancellationToken)
    {
        // JSON escapes line ends, so one data line always holds the whole event.
        await response.WriteAsync($"data: {data.ToJsonString(ApiModule.Json)}\n\n", cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}

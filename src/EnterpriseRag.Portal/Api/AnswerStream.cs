using System.Text.Json;
using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Audit;
using Microsoft.AspNetCore.Http.Features;

namespace EnterpriseRag.Portal.Api;

/// <summary>
/// Writes answer events as server-sent events. When the client goes away the request's token cancels the enumeration, which ends the
/// request in the ledger with an abort leaf. A comment line every 15 s keeps proxies from closing a silent stream.
/// </summary>
internal sealed class AnswerStream(IAsyncEnumerable<AnswerEvent> events, ILogger<AnswerStream> logger) : IResult
{
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(15);

    public async Task ExecuteAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var gone = context.RequestAborted;
        try
        {
            await using var source = events.GetAsyncEnumerator(gone);
            while (true)
            {
                var next = source.MoveNextAsync().AsTask();
                while (await Task.WhenAny(next, Task.Delay(s_heartbeat, gone)) != next)
                {
                    if (gone.IsCancellationRequested)
                    {
                        break; // awaiting the enumerator below lets it write its abort leaf
                    }

                    await response.WriteAsync(": waiting\n\n", gone);
                    await response.Body.FlushAsync(gone);
                }

                if (!await next)
                {
                    return;
                }

                await WriteAsync(response, Name(source.Current), source.Current, gone);
            }
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // Nobody is there to be told; the ledger has its abort leaf.
        }
        catch (AuditUnavailableException e)
        {
            Log.AuditUnavailable(logger, e);
            await WriteAsync(response, "audit_abort", new { message = "The audit ledger stopped writing. The answer is void." }, gone);
        }
        catch (Exception e) when (!gone.IsCancellationRequested)
        {
            // The status line is sent: the event is the only way left to say that this is not a complete answer.
            Log.AnswerBroke(logger, e);
            await WriteAsync(response, "error", new { code = "internal", trace = context.TraceIdentifier }, gone);
        }
    }

    private static string Name(AnswerEvent e) => e switch
    {
        AnswerStarted => "started",
        AnswerQuotations => "quotations",
        AnswerDeclined => "declined",
        AnswerSentence => "sentence",
        AnswerFinished => "final",
        AnswerAuditAbort => "audit_abort",
        _ => throw new InvalidOperationException($"{e.GetType().Name} has no event name."),
    };

    private static async Task WriteAsync(HttpResponse response, string name, object data, CancellationToken cancellationToken)
    {
        // JSON escapes line ends, so one data line always holds the whole event.
        await response.WriteAsync($"event: {name}\ndata: {JsonSerializer.Serialize(data, data.GetType(), ApiModule.Json)}\n\n", cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}

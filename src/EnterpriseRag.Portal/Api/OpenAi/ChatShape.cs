using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseRag.Answering.Direct;
using EnterpriseRag.Audit;
using EnterpriseRag.Inference.Generation;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Portal.Api.OpenAi;

/// <summary>Parts of an answer as objects of the chat completions API. Beyond OpenAI's members: <c>receipt</c>, where the ledger has the answer.</summary>
internal sealed class ChatShape(DirectChatRun run, DateTimeOffset created)
{
    private readonly string _id = $"chatcmpl-{run.Id.Value:N}";
    private bool _hasCalls;
    private int _calls;

    public JsonObject Whole(IReadOnlyList<DirectChatPart> parts, DirectChatEnd end)
    {
        var calls = new JsonArray([.. parts.SelectMany(static p => p.Calls).Select(Call)]);
        var message = new JsonObject { ["role"] = "assistant", ["content"] = string.Concat(parts.Select(static p => p.Text)) is { Length: > 0 } text ? text : calls.Count > 0 ? null : "" };
        if (calls.Count > 0)
        {
            message["tool_calls"] = calls;
        }

        message["refusal"] = null;
        var logprobs = parts.SelectMany(static p => p.Logprobs).ToList();
        var choice = new JsonObject { ["index"] = 0, ["message"] = message, ["logprobs"] = Logprobs(logprobs), ["finish_reason"] = Finish(end.Finish, calls.Count > 0) };
        var whole = Frame("chat.completion", choice);
        whole["usage"] = Usage(end.Usage);
        whole["receipt"] = Receipt(end.Receipt);
        return whole;
    }

    public JsonObject First() => Frame("chat.completion.chunk", Delta(new JsonObject { ["role"] = "assistant", ["content"] = "" }, null, null));

    public JsonObject Chunk(DirectChatPart part)
    {
        var delta = new JsonObject();
        if (part.Text.Length > 0)
        {
            delta["content"] = part.Text;
        }

        if (part.Calls.Count > 0)
        {
            _hasCalls = true;
            delta["tool_calls"] = new JsonArray([.. part.Calls.Select(c =>
            {
                var call = Call(c);
                call["index"] = _calls++;
                return call;
            })]);
        }

        return Frame("chat.completion.chunk", Delta(delta, Logprobs(part.Logprobs), null));
    }

    public JsonObject Last(DirectChatEnd end)
    {
        var last = Frame("chat.completion.chunk", Delta([], null, Finish(end.Finish, _hasCalls)));
        last["receipt"] = Receipt(end.Receipt);
        return last;
    }

    /// <summary>The chunk after the last that <c>stream_options.include_usage</c> asks for: no choices.</summary>
    public JsonObject UsageChunk(DirectChatEnd end)
    {
        var chunk = Frame("chat.completion.chunk", null);
        chunk["usage"] = Usage(end.Usage);
        return chunk;
    }

    private JsonObject Frame(string kind, JsonObject? choice) => new()
    {
        ["id"] = _id,
        ["object"] = kind,
        ["created"] = created.ToUnixTimeSeconds(),
        ["model"] = run.Model.Name,
        ["system_fingerprint"] = "fp_" + run.Model.Sha256[..16],
        ["choices"] = choice is null ? [] : new JsonArray(choice),
    };

    private static JsonObject Delta(JsonObject delta, JsonObject? logprobs, string? finish) => new() { ["index"] = 0, ["delta"] = delta, ["logprobs"] = logprobs, ["finish_reason"] = finish };

    private static JsonObject Call(FunctionCallContent call) => new()
    {
        ["id"] = call.CallId,
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal), ApiModule.Json) },
    };

    private static JsonObject? Logprobs(IReadOnlyList<TokenLogProbability> tokens) =>
        tokens.Count == 0 ? null : new JsonObject { ["content"] = new JsonArray([.. tokens.Select(static t => Token(t, withTop: true))]), ["refusal"] = null };

    private static JsonObject Token(TokenLogProbability token, bool withTop)
    {
        var json = new JsonObject
        {
            ["token"] = token.Token,
            // OpenAI's way of saying "practically never": JSON has no infinity.
            ["logprob"] = float.IsFinite(token.LogProbability) ? token.LogProbability : -9999,
            ["bytes"] = new JsonArray([.. token.Bytes.Select(static b => JsonValue.Create((int)b))]),
        };
        if (withTop)
        {
            json["top_logprobs"] = new JsonArray([.. token.Top.Select(static t => Token(t, withTop: false))]);
        }

        return json;
    }

    private static string Finish(ChatFinishReason finish, bool hasCalls) => hasCalls || finish == ChatFinishReason.ToolCalls ? "tool_calls" : finish == ChatFinishReason.Length ? "length" : "stop";

    private static JsonObject Usage(UsageDetails usage)
    {
        var prompt = usage.InputTokenCount ?? 0;
        var completion = usage.OutputTokenCount ?? 0;
        var cached = usage.AdditionalCounts is { } counts && counts.TryGetValue(ChatOptionKeys.CachedTokens, out var count) ? count : 0;
        return new JsonObject
        {
            ["prompt_tokens"] = prompt,
            ["completion_tokens"] = completion,
            ["total_tokens"] = prompt + completion,
            ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = cached },
        };
    }

    private static JsonObject Receipt(Receipt receipt) => new() { ["request"] = receipt.Request.Value.ToString(), ["seq"] = receipt.Seq, ["leaf_hash"] = receipt.LeafHash };
}

using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using EnterpriseRag.Inference.Generation;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Remote;

/// <summary>A language model on a server of OpenAI's form. Always asks for a stream: a long answer then keeps no connection silent. Thread-safe; the transport outlives it.</summary>
internal sealed class RemoteChatClient(RemoteTransport transport, string model, int defaultMaxTokens) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("openai-compatible", null, model);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <summary>Text as it comes; calls of tools whole, at the end; the last update carries finish reason and usage. Leaving early closes the connection.</summary>
    /// <exception cref="RemoteModelException">No usable answer, or it was cut.</exception>
    /// <exception cref="GenerationBusyException">The server has no room.</exception>
    /// <exception cref="ArgumentException">The server refuses the request.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var body = RemoteJson.Chat(model, messages, options, options?.MaxOutputTokens ?? defaultMaxTokens);
        using var response = await transport.PostAsync("chat/completions", body, repeatable: false, cancellationToken);
        await using var stream = await transport.OpenAsync(response, cancellationToken);
        var calls = new SortedDictionary<int, PartialCall>();
        ChatFinishReason? finish = null;
        UsageDetails? usage = null;
        var done = false;
        while (!done && await stream.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!line.AsSpan().StartsWith("data:"u8))
            {
                continue; // comments, empty lines, other fields
            }

            var data = line.AsMemory(5);
            if (data.Span.Trim((byte)' ').SequenceEqual("[DONE]"u8))
            {
                done = true;
                continue;
            }

            using var chunk = Parse(data);
            usage = Usage(chunk.RootElement) ?? usage;
            if (chunk.RootElement.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0)
            {
                finish = Finish(choices[0]) ?? finish;
                if (Update(choices[0], calls) is { } update)
                {
                    yield return update;
                }
            }
        }

        // Some servers leave [DONE] out, but none the reason why it ended.
        if (finish is null)
        {
            throw new RemoteModelException($"The answer of the model server {transport.Host} was cut off.");
        }

        var last = new ChatResponseUpdate(ChatRole.Assistant, [.. calls.Values.Select(c => (AIContent)c.Complete(transport.Host)), new UsageContent(usage ?? new UsageDetails())])
        {
            ModelId = model,
            FinishReason = finish,
        };
        yield return last;
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null : serviceType == typeof(ChatClientMetadata) ? _metadata : serviceType.IsInstanceOfType(this) ? this : null;
    }

    public void Dispose()
    {
        // the transport belongs to its holder
    }

    private JsonDocument Parse(ReadOnlyMemory<byte> data)
    {
        JsonDocument chunk;
        try
        {
            chunk = JsonDocument.Parse(data);
        }
        catch (JsonException e)
        {
            throw new RemoteModelException($"The model server {transport.Host} sent an event that is not JSON.", e);
        }

        if (chunk.RootElement.ValueKind == JsonValueKind.Object && (!chunk.RootElement.TryGetProperty("error", out var error) || error.ValueKind == JsonValueKind.Null))
        {
            return chunk;
        }

        chunk.Dispose();
        throw new RemoteModelException($"The model server {transport.Host} ended the answer with an error: {RemoteJson.ErrorMessage(data.ToArray())}");
    }

    private ChatResponseUpdate? Update(JsonElement choice, SortedDictionary<int, PartialCall> calls)
    {
        if (!choice.TryGetProperty("delta", out var delta) || delta.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (delta.TryGetProperty("tool_calls", out var parts) && parts.ValueKind == JsonValueKind.Array)
        {
            foreach (var part in parts.EnumerateArray())
            {
                var index = part.TryGetProperty("index", out var place) && place.TryGetInt32(out var i) ? i : 0;
                (calls.TryGetValue(index, out var call) ? call : calls[index] = new PartialCall()).Add(part);
            }
        }

        var text = delta.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String ? content.GetString() : null;
        var logprobs = Logprobs(choice);
        if (string.IsNullOrEmpty(text) && logprobs is null)
        {
            return null;
        }

        return new ChatResponseUpdate(ChatRole.Assistant, text)
        {
            ModelId = model,
            AdditionalProperties = logprobs is null ? null : new AdditionalPropertiesDictionary { [ChatOptionKeys.Logprobs] = logprobs },
        };
    }

    private static ChatFinishReason? Finish(JsonElement choice) => choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String
        ? reason.GetString() switch
        {
            "length" => ChatFinishReason.Length,
            "tool_calls" => ChatFinishReason.ToolCalls,
            "content_filter" => ChatFinishReason.ContentFilter,
            _ => ChatFinishReason.Stop,
        }
        : null;

    private static UsageDetails? Usage(JsonElement chunk) => chunk.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
        ? new UsageDetails { InputTokenCount = Count(usage, "prompt_tokens"), OutputTokenCount = Count(usage, "completion_tokens"), TotalTokenCount = Count(usage, "total_tokens") }
        : null;

    private static long? Count(JsonElement usage, string name) => usage.TryGetProperty(name, out var count) && count.TryGetInt64(out var value) ? value : null;

    private static IReadOnlyList<TokenLogProbability>? Logprobs(JsonElement choice) =>
        choice.TryGetProperty("logprobs", out var logprobs) && logprobs.ValueKind == JsonValueKind.Object && logprobs.TryGetProperty("content", out var tokens) && tokens.ValueKind == JsonValueKind.Array
            ? [.. tokens.EnumerateArray().Select(static t => Logprob(t, withTop: true))]
            : null;

    private static TokenLogProbability Logprob(JsonElement token, bool withTop)
    {
        var text = token.TryGetProperty("token", out var t) ? t.GetString() ?? "" : "";
        ImmutableArray<byte> bytes = token.TryGetProperty("bytes", out var b) && b.ValueKind == JsonValueKind.Array ? [.. b.EnumerateArray().Select(static x => x.GetByte())] : [.. Encoding.UTF8.GetBytes(text)];
        ImmutableArray<TokenLogProbability> top = withTop && token.TryGetProperty("top_logprobs", out var best) && best.ValueKind == JsonValueKind.Array ? [.. best.EnumerateArray().Select(static x => Logprob(x, withTop: false))] : [];
        return new TokenLogProbability(text, bytes, token.TryGetProperty("logprob", out var p) && p.TryGetSingle(out var value) ? value : 0, top);
    }

    /// <summary>A call of a tool comes in pieces: first id and name, then its arguments as text.</summary>
    private sealed class PartialCall
    {
        private readonly StringBuilder _arguments = new();
        private string _id = "";
        private string _name = "";

        public void Add(JsonElement part)
        {
            _id = part.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() ?? _id : _id;
            if (part.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object)
            {
                _name += function.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : "";
                _arguments.Append(function.TryGetProperty("arguments", out var arguments) && arguments.ValueKind == JsonValueKind.String ? arguments.GetString() : "");
            }
        }

        public FunctionCallContent Complete(string host)
        {
            try
            {
                return new FunctionCallContent(_id, _name, JsonSerializer.Deserialize<Dictionary<string, object?>>(_arguments.Length == 0 ? "{}" : _arguments.ToString()));
            }
            catch (JsonException e)
            {
                throw new RemoteModelException($"The model server {host} sent a call of a tool whose arguments are not JSON.", e);
            }
        }
    }
}

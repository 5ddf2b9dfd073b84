using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseRag.Inference.Generation;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Remote;

/// <summary>Requests in OpenAI's form. Options that nobody set are left out: servers refuse what they do not know.</summary>
internal static class RemoteJson
{
    private const int MaxErrorLength = 300;

    // Under the same names here and there.
    private static readonly string[] s_passedOn =
    [
        ChatOptionKeys.LogitBias, ChatOptionKeys.Logprobs, ChatOptionKeys.TopLogprobs, ChatOptionKeys.MinP, ChatOptionKeys.RepetitionPenalty, ChatOptionKeys.ChatTemplateArguments,
    ];

    public static string Chat(string model, IEnumerable<ChatMessage> messages, ChatOptions? options, int maxTokens)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray([.. Messages(messages, options?.Instructions)]),
            ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
            ["max_tokens"] = maxTokens,
        };
        Add(body, "temperature", options?.Temperature);
        Add(body, "top_p", options?.TopP);
        Add(body, "top_k", options?.TopK);
        Add(body, "seed", options?.Seed);
        Add(body, "frequency_penalty", options?.FrequencyPenalty);
        Add(body, "presence_penalty", options?.PresencePenalty);
        if (options?.StopSequences is { Count: > 0 } stops)
        {
            body["stop"] = new JsonArray([.. stops.Select(static s => JsonValue.Create(s))]);
        }

        AddFormat(body, options?.ResponseFormat);
        AddTools(body, options);
        foreach (var name in s_passedOn)
        {
            if (options?.AdditionalProperties?.TryGetValue(name, out var value) == true && value is not null)
            {
                body[name] = JsonSerializer.SerializeToNode(value, JsonSerializerOptions.Web);
            }
        }

        return body.ToJsonString();
    }

    public static string Embedding(string model, IEnumerable<string> texts) =>
        new JsonObject { ["model"] = model, ["input"] = new JsonArray([.. texts.Select(static t => JsonValue.Create(t))]), ["encoding_format"] = "float" }.ToJsonString();

    /// <summary>What an error body says, short and on one line; it may come from anywhere.</summary>
    public static string ErrorMessage(byte[] body)
    {
        string? text = null;
        try
        {
            using var json = JsonDocument.Parse(body);
            text = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("error", out var error)
                ? error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var message) ? message.ToString() : error.ToString()
                : null;
        }
        catch (JsonException)
        {
            // not in OpenAI's form
        }

        var line = new string([.. (text ?? "no reason given").Select(static c => char.IsControl(c) ? ' ' : c)]);
        return line.Length <= MaxErrorLength ? line : line[..MaxErrorLength] + " …";
    }

    private static IEnumerable<JsonNode> Messages(IEnumerable<ChatMessage> messages, string? instructions)
    {
        if (!string.IsNullOrEmpty(instructions))
        {
            yield return new JsonObject { ["role"] = "system", ["content"] = instructions };
        }

        foreach (var message in messages)
        {
            var results = message.Contents.OfType<FunctionResultContent>().ToList();
            if (message.Contents.FirstOrDefault(static c => c is not (TextContent or FunctionCallContent or FunctionResultContent)) is { } other)
            {
                throw new NotSupportedException($"The language model reads text only; a message holds {other.GetType().Name}.");
            }

            foreach (var result in results)
            {
                yield return new JsonObject { ["role"] = "tool", ["tool_call_id"] = result.CallId, ["content"] = result.Result as string ?? JsonSerializer.Serialize(result.Result) };
            }

            if (results.Count == 0)
            {
                yield return Message(message);
            }
        }
    }

    private static JsonObject Message(ChatMessage message)
    {
        var json = new JsonObject { ["role"] = message.Role.Value, ["content"] = message.Text };
        var calls = message.Contents.OfType<FunctionCallContent>().Select(static c => (JsonNode)new JsonObject
        {
            ["id"] = c.CallId,
            ["type"] = "function",
            ["function"] = new JsonObject { ["name"] = c.Name, ["arguments"] = JsonSerializer.Serialize(c.Arguments) },
        }).ToArray();
        if (calls.Length > 0)
        {
            json["tool_calls"] = new JsonArray(calls);
        }

        return json;
    }

    private static void Add<T>(JsonObject body, string name, T? value)
        where T : struct
    {
        if (value is { } set)
        {
            body[name] = JsonValue.Create(set);
        }
    }

    private static void AddFormat(JsonObject body, ChatResponseFormat? format)
    {
        if (format is ChatResponseFormatJson { Schema: { } schema } named)
        {
            body["response_format"] = new JsonObject
            {
                ["type"] = "json_schema",
                ["json_schema"] = new JsonObject { ["name"] = named.SchemaName ?? "answer", ["strict"] = true, ["schema"] = JsonSerializer.SerializeToNode(schema) },
            };
        }
        else if (format is ChatResponseFormatJson)
        {
            body["response_format"] = new JsonObject { ["type"] = "json_object" };
        }
    }

    private static void AddTools(JsonObject body, ChatOptions? options)
    {
        if (options?.Tools is not { Count: > 0 } tools)
        {
            return;
        }

        body["tools"] = new JsonArray([.. tools.Select(static t => t is AIFunctionDeclaration function
            ? (JsonNode)new JsonObject
            {
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = function.Name, ["description"] = function.Description, ["parameters"] = JsonSerializer.SerializeToNode(function.JsonSchema) },
            }
            : throw new NotSupportedException($"The tool {t.Name} is no function."))]);
        body["tool_choice"] = options.ToolMode switch
        {
            NoneChatToolMode => "none",
            RequiredChatToolMode { RequiredFunctionName: { } name } => new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = name } },
            RequiredChatToolMode => "required",
            _ => "auto",
        };
        if (options.AllowMultipleToolCalls is { } several)
        {
            body["parallel_tool_calls"] = several;
        }
    }
}

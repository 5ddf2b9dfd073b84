using System.Text.Json;
using EnterpriseRag.Inference.Generation;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Portal.Api.OpenAi;

/// <summary>The body of /v1/chat/completions in our terms. What cannot be obeyed is refused by name, never ignored; what changes nothing here is.</summary>
internal sealed record ChatBody(string Model, IReadOnlyList<ChatMessage> Messages, ChatOptions Options, bool Stream, bool IncludeUsage)
{
    private const int MaxMessages = 1024;
    private const int MaxTools = 128;
    private const int MaxStops = 4;

    private static readonly string[] s_refused = ["audio", "functions", "function_call", "prediction", "web_search_options", "logits", "best_of", "suffix", "echo"];

    public static ChatBody Read(JsonElement body)
    {
        foreach (var name in s_refused)
        {
            if (body.Find(name) is not null)
            {
                throw new OpenAiRequestException($"'{name}' is not supported.", name, "unsupported_parameter");
            }
        }

        if (body.Whole("n", 1, long.MaxValue) is > 1)
        {
            throw new OpenAiRequestException("One answer a request: 'n' must be 1.", "n", "unsupported_value");
        }

        if (body.Find("modalities") is { } modalities && modalities.Items("modalities").Any(static m => !m.ValueEquals("text")))
        {
            throw new OpenAiRequestException("The model writes text only.", "modalities", "unsupported_value");
        }

        var stream = body.Flag("stream", "stream") ?? false;
        return new ChatBody(
            body.Text("model", "model") ?? throw new OpenAiRequestException("Name a model: GET /v1/models lists them.", "model", "missing_required_parameter"),
            ReadMessages(body),
            ReadOptions(body),
            stream,
            stream && body.Find("stream_options") is { ValueKind: JsonValueKind.Object } options && options.Flag("include_usage", "stream_options.include_usage") == true);
    }

    private static List<ChatMessage> ReadMessages(JsonElement body)
    {
        var list = body.Find("messages") ?? throw new OpenAiRequestException("A conversation needs messages.", "messages", "missing_required_parameter");
        var messages = list.Items("messages").Take(MaxMessages + 1).Select(ReadMessage).ToList();
        return messages.Count is > 0 and <= MaxMessages ? messages : throw JsonFields.Wrong("messages", $"a list of 1 to {MaxMessages} messages");
    }

    private static ChatMessage ReadMessage(JsonElement message, int index)
    {
        var path = $"messages[{index}]";
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw JsonFields.Wrong(path, "an object");
        }

        var role = message.Text("role", path + ".role") switch
        {
            "system" or "developer" => ChatRole.System,
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            "tool" => ChatRole.Tool,
            _ => throw JsonFields.Wrong(path + ".role", "system, developer, user, assistant or tool"),
        };
        var text = ReadContent(message, path);
        if (role == ChatRole.Tool)
        {
            var id = message.Text("tool_call_id", path + ".tool_call_id") ?? throw JsonFields.Wrong(path + ".tool_call_id", "the id of the call it answers");
            return new ChatMessage(role, [new FunctionResultContent(id, text ?? "")]);
        }

        var contents = new List<AIContent>();
        if (text is not null)
        {
            contents.Add(new TextContent(text));
        }

        if (message.Find("tool_calls") is { } calls)
        {
            contents.AddRange(calls.Items(path + ".tool_calls").Select((call, i) => ReadCall(call, $"{path}.tool_calls[{i}]")));
        }

        return contents.Count > 0 ? new ChatMessage(role, contents) : throw JsonFields.Wrong(path + ".content", "a string or a list of text parts");
    }

    private static string? ReadContent(JsonElement message, string path) => message.Find("content") switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select((part, i) => ReadPart(part, $"{path}.content[{i}]"))),
        _ => throw JsonFields.Wrong(path + ".content", "a string or a list of text parts"),
    };

    private static string ReadPart(JsonElement part, string path) =>
        part.ValueKind == JsonValueKind.Object && string.Equals(part.Text("type", path + ".type"), "text", StringComparison.Ordinal) && part.Text("text", path + ".text") is { } text
            ? text
            : throw new OpenAiRequestException($"'{path}' must be a text part: the model reads text only.", path, "unsupported_value");

    private static FunctionCallContent ReadCall(JsonElement call, string path)
    {
        if (call.ValueKind != JsonValueKind.Object || call.Find("function") is not { ValueKind: JsonValueKind.Object } function || function.Text("name", path + ".function.name") is not { } name)
        {
            throw JsonFields.Wrong(path, "a call of a function");
        }

        var id = call.Text("id", path + ".id") ?? throw JsonFields.Wrong(path + ".id", "the id of the call");
        try
        {
            var arguments = JsonSerializer.Deserialize<Dictionary<string, object?>>(function.Text("arguments", path + ".function.arguments") is { Length: > 0 } json ? json : "{}");
            return new FunctionCallContent(id, name, arguments);
        }
        catch (JsonException)
        {
            throw JsonFields.Wrong(path + ".function.arguments", "a JSON object, as a string");
        }
    }

    private static ChatOptions ReadOptions(JsonElement body)
    {
        var topP = body.Number("top_p", 0, 1);
        var options = new ChatOptions
        {
            // top_p 0 is "the best token only" in OpenAI's terms.
            Temperature = topP == 0 ? 0 : body.Number("temperature", 0, 2),
            TopP = topP == 0 ? null : topP,
            TopK = (int?)body.Whole("top_k", 0, int.MaxValue),
            Seed = body.Whole("seed", long.MinValue, long.MaxValue),
            MaxOutputTokens = (int?)(body.Whole("max_completion_tokens", 1, int.MaxValue) ?? body.Whole("max_tokens", 1, int.MaxValue)),
            FrequencyPenalty = body.Number("frequency_penalty", -2, 2),
            PresencePenalty = body.Number("presence_penalty", -2, 2),
            StopSequences = ReadStops(body),
            ResponseFormat = ReadFormat(body),
            AdditionalProperties = [],
        };
        AddTools(body, options);
        AddLogprobs(body, options);
        AddExtensions(body, options);
        return options;
    }

    private static List<string>? ReadStops(JsonElement body)
    {
        List<string>? stops = body.Find("stop") switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } one => [one.GetString() ?? ""],
            { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(static s => s.ValueKind == JsonValueKind.String ? s.GetString() ?? "" : "")],
            _ => throw JsonFields.Wrong("stop", "a string or a list of strings"),
        };
        return stops is null || (stops.Count <= MaxStops && stops.TrueForAll(static s => s.Length > 0)) ? stops : throw JsonFields.Wrong("stop", $"at most {MaxStops} strings, none of them empty");
    }

    private static ChatResponseFormat? ReadFormat(JsonElement body)
    {
        if (body.Find("response_format") is not { } format)
        {
            return null;
        }

        switch (format.ValueKind == JsonValueKind.Object ? format.Text("type", "response_format.type") : null)
        {
            case "text":
                return ChatResponseFormat.Text;
            case "json_object":
                return ChatResponseFormat.Json;
            case "json_schema" when format.Find("json_schema") is { ValueKind: JsonValueKind.Object } schema && schema.Find("schema") is { } rules:
                return ChatResponseFormat.ForJsonSchema(rules.Clone(), schema.Text("name", "response_format.json_schema.name"), schema.Text("description", "response_format.json_schema.description"));
            default:
                throw JsonFields.Wrong("response_format", "of type text, json_object, or json_schema with a schema");
        }
    }

    private static void AddTools(JsonElement body, ChatOptions options)
    {
        if (body.Find("tools") is not { } list)
        {
            return;
        }

        var tools = list.Items("tools").Take(MaxTools + 1).Select(static (tool, i) => ReadTool(tool, $"tools[{i}]")).ToList();
        if (tools.Count > MaxTools)
        {
            throw JsonFields.Wrong("tools", $"a list of at most {MaxTools} functions");
        }

        options.Tools = tools.Count > 0 ? [.. tools] : null;
        options.AllowMultipleToolCalls = body.Flag("parallel_tool_calls", "parallel_tool_calls");
        options.ToolMode = body.Find("tool_choice") switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } word => word.GetString() switch
            {
                "none" => ChatToolMode.None,
                "auto" => ChatToolMode.Auto,
                "required" => ChatToolMode.RequireAny,
                _ => throw JsonFields.Wrong("tool_choice", "none, auto, required, or a function"),
            },
            { ValueKind: JsonValueKind.Object } one when one.Find("function") is { ValueKind: JsonValueKind.Object } function && function.Text("name", "tool_choice.function.name") is { } name
                && tools.Exists(t => string.Equals(t.Name, name, StringComparison.Ordinal)) => ChatToolMode.RequireSpecific(name),
            _ => throw JsonFields.Wrong("tool_choice", "none, auto, required, or one of the functions in tools"),
        };
    }

    private static AIFunctionDeclaration ReadTool(JsonElement tool, string path)
    {
        if (tool.ValueKind != JsonValueKind.Object || !string.Equals(tool.Text("type", path + ".type"), "function", StringComparison.Ordinal) || tool.Find("function") is not { ValueKind: JsonValueKind.Object } function)
        {
            throw JsonFields.Wrong(path, "a function");
        }

        var name = function.Text("name", path + ".function.name");
        if (name is not { Length: > 0 and <= 64 } || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            throw JsonFields.Wrong(path + ".function.name", "1 to 64 letters, digits, _ and -");
        }

        var parameters = function.Find("parameters")?.Clone() ?? JsonDocument.Parse("""{"type":"object","properties":{}}""").RootElement;
        return AIFunctionFactory.CreateDeclaration(name, function.Text("description", path + ".function.description") ?? "", parameters);
    }

    private static void AddLogprobs(JsonElement body, ChatOptions options)
    {
        if (body.Find("logit_bias") is { } bias)
        {
            Extend(options, ChatOptionKeys.LogitBias, bias.ValueKind == JsonValueKind.Object ? bias.Clone() : throw JsonFields.Wrong("logit_bias", "an object from token ids to numbers"));
        }

        if (body.Flag("logprobs", "logprobs") is true)
        {
            Extend(options, ChatOptionKeys.Logprobs, true);
            Extend(options, ChatOptionKeys.TopLogprobs, (int)(body.Whole("top_logprobs", 0, 20) ?? 0));
        }
        else if (body.Find("top_logprobs") is not null)
        {
            throw new OpenAiRequestException("'top_logprobs' needs 'logprobs'.", "top_logprobs", "invalid_value");
        }
    }

    /// <summary>What other open servers take beyond OpenAI's own options, under their names.</summary>
    private static void AddExtensions(JsonElement body, ChatOptions options)
    {
        if (body.Number("min_p", 0, 1) is { } minP)
        {
            Extend(options, ChatOptionKeys.MinP, minP);
        }

        if (body.Number("repetition_penalty", 0.01f, 100) is { } penalty)
        {
            Extend(options, ChatOptionKeys.RepetitionPenalty, penalty);
        }

        if (body.Find("chat_template_kwargs") is { } arguments)
        {
            Extend(options, ChatOptionKeys.ChatTemplateArguments, arguments.ValueKind == JsonValueKind.Object ? arguments.Clone() : throw JsonFields.Wrong("chat_template_kwargs", "an object"));
        }

        if (body.Text("priority", "priority") is { } priority)
        {
            Extend(options, ChatOptionKeys.Priority, priority is "interactive" or "batch" ? priority : throw JsonFields.Wrong("priority", "interactive or batch"));
        }
    }

    private static void Extend(ChatOptions options, string name, object value) => (options.AdditionalProperties ??= [])[name] = value;
}

using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using EnterpriseRag.Inference.Generation.ChatTemplates;
using EnterpriseRag.Inference.Generation.ToolCalls;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Generation;

/// <summary>Turns messages and options into what a chat template takes.</summary>
internal static class ChatConversation
{
    private static readonly JsonSerializerOptions s_oneLine = new(AIJsonUtilities.DefaultOptions) { WriteIndented = false };

    /// <summary>The turns, with the options' instructions as a system message before them; results of several calls become several turns.</summary>
    /// <exception cref="NotSupportedException">A message holds something else than text, calls and results.</exception>
    /// <exception cref="ArgumentException">No message, or a role that is none.</exception>
    public static List<ChatTemplateMessage> Turns(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        List<ChatTemplateMessage> turns = [];
        Dictionary<string, string> called = new(StringComparer.Ordinal); // function by id of its call
        foreach (ChatMessage message in messages)
        {
            if (message.Contents.FirstOrDefault(content => content is not (TextContent or TextReasoningContent or FunctionCallContent or FunctionResultContent or UsageContent)) is { } other)
            {
                throw new NotSupportedException($"The language model reads text only; a message holds {other.GetType().Name}.");
            }

            foreach (FunctionCallContent call in message.Contents.OfType<FunctionCallContent>())
            {
                called[call.CallId] = call.Name;
            }

            FunctionResultContent[] results = [.. message.Contents.OfType<FunctionResultContent>()];
            if (results.Length > 0)
            {
                turns.AddRange(results.Select(result => new ChatTemplateMessage("tool", Text(result.Result)) { ToolCallId = result.CallId, Name = called.GetValueOrDefault(result.CallId) }));
                continue;
            }

            string thought = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
            turns.Add(new ChatTemplateMessage(message.Role.Value.ToLowerInvariant(), message.Text)
            {
                ToolCalls = [.. message.Contents.OfType<FunctionCallContent>().Select(call => new ChatTemplateToolCall(call.Name, Arguments(call), call.CallId))],
                ReasoningContent = thought.Length > 0 ? thought : null,
            });
        }

        if (turns.Count == 0)
        {
            throw new ArgumentException("Generation options: a conversation needs at least one message.", nameof(messages));
        }

        return string.IsNullOrEmpty(options?.Instructions) ? turns : [new ChatTemplateMessage("system", options.Instructions), .. turns];
    }

    /// <summary>The functions that the model may call: none when the mode of tools says so.</summary>
    /// <exception cref="NotSupportedException">A tool that is no function.</exception>
    public static ImmutableArray<ToolDeclaration> Tools(ChatOptions? options)
    {
        if (options?.Tools is not { Count: > 0 } tools || options.ToolMode is NoneChatToolMode)
        {
            return [];
        }

        return [.. tools.Select(tool => tool is AIFunctionDeclaration function
            ? new ToolDeclaration(function.Name, function.Description, function.JsonSchema)
            : throw new NotSupportedException($"Tools must be functions; '{tool.Name}' is {tool.GetType().Name}."))];
    }

    /// <summary>
    /// For models whose template knows no tools: the functions described in the system message, calls and results as text, in the way of Hermes. All of it is
    /// content; no control token is needed.
    /// </summary>
    public static List<ChatTemplateMessage> WithToolsAsText(List<ChatTemplateMessage> turns, ImmutableArray<ToolDeclaration> tools)
    {
        List<ChatTemplateMessage> plain = [];
        if (tools.Length > 0)
        {
            var system = new StringBuilder();
            if (turns[0].Role is "system")
            {
                system.Append(turns[0].Content).Append("\n\n");
            }

            system.Append("You may call functions to answer. They are, as JSON, one a line:\n<tools>\n");
            foreach (ToolDeclaration tool in tools)
            {
                system.Append(tool.ToJson().GetRawText()).Append('\n');
            }

            system.Append("</tools>\nTo call one, answer with nothing but:\n<tool_call>\n{\"name\": \"the function\", \"arguments\": {…}}\n</tool_call>");
            plain.Add(new ChatTemplateMessage("system", system.ToString()));
        }

        foreach (ChatTemplateMessage turn in turns.Skip(tools.Length > 0 && turns[0].Role is "system" ? 1 : 0))
        {
            if (turn.Role is "tool")
            {
                string response = $"<tool_response>\n{turn.Content}\n</tool_response>";
                bool joins = plain is [.., { Role: "user" } before] && before.Content.StartsWith("<tool_response>", StringComparison.Ordinal);
                string text = joins ? plain[^1].Content + "\n" + response : response;
                if (joins)
                {
                    plain.RemoveAt(plain.Count - 1);
                }

                plain.Add(new ChatTemplateMessage("user", text));
                continue;
            }

            IEnumerable<string> calls = turn.ToolCalls.Select(call => $"<tool_call>\n{{\"name\": {JsonSerializer.Serialize(call.Name)}, \"arguments\": {call.Arguments.GetRawText()}}}\n</tool_call>");
            plain.Add(turn with { Content = string.Join('\n', turn.Content.Length > 0 ? calls.Prepend(turn.Content) : turn.ToolCalls.IsEmpty ? [""] : calls), ToolCalls = [] });
        }

        return plain;
    }

    private static JsonElement Arguments(FunctionCallContent call) =>
        JsonSerializer.SerializeToElement(call.Arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal), s_oneLine);

    private static string Text(object? result) => result switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString()!, // the kind was checked
        _ => JsonSerializer.Serialize(result, s_oneLine),
    };
}

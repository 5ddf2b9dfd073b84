using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>One turn of a chat.</summary>
/// <param name="Role">Lower-case letters and '_': it becomes part of the template's own text, and in some families of a control token.</param>
/// <param name="Content">Text of a user, a document or the model: marked as content wherever the template puts it.</param>
internal sealed record ChatTemplateMessage(string Role, string Content)
{
    /// <summary>Calls that the assistant made in this turn.</summary>
    public ImmutableArray<ChatTemplateToolCall> ToolCalls { get; init; } = [];

    /// <summary>Of a turn of role tool: the call it answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>Of a turn of role tool: the function that was called.</summary>
    public string? Name { get; init; }

    /// <summary>What the assistant thought before its answer; null: not known, and undefined in the template.</summary>
    public string? ReasoningContent { get; init; }
}

/// <summary>A call of a function by the model.</summary>
/// <param name="Name">The function.</param>
/// <param name="Arguments">An object.</param>
/// <param name="Id">Of this call; null: undefined in the template.</param>
internal sealed record ChatTemplateToolCall(string Name, JsonElement Arguments, string? Id);

/// <summary>What a template may ask for besides the messages.</summary>
/// <param name="AddGenerationPrompt">Opens the assistant's turn at the end.</param>
/// <param name="BeginToken"><c>bos_token</c>; null: undefined in the template.</param>
/// <param name="EndToken"><c>eos_token</c>; null: undefined in the template.</param>
internal sealed record ChatTemplateInputs(bool AddGenerationPrompt = true, string? BeginToken = null, string? EndToken = null)
{
    /// <summary>Further variables of the model's template: bool, long, or text written by us (not content), for example <c>enable_thinking</c>.</summary>
    public ImmutableDictionary<string, object> Variables { get; init; } = ImmutableDictionary<string, object>.Empty;

    /// <summary>
    /// Further variables from a request, JSON values whose texts are content; they cannot take the place of any other variable.
    /// </summary>
    public ImmutableDictionary<string, JsonElement> Arguments { get; init; } = ImmutableDictionary<string, JsonElement>.Empty;

    /// <summary><c>tools</c>: objects with <c>type</c> and <c>function</c>; all their texts are content. Empty: none in the template, as transformers has it.</summary>
    public ImmutableArray<JsonElement> Tools { get; init; } = [];

    /// <summary><c>documents</c>: objects with <c>title</c> and <c>text</c>; all their texts are content. Empty: none in the template, as transformers has it.</summary>
    public ImmutableArray<JsonElement> Documents { get; init; } = [];

    /// <summary>For <c>strftime_now</c>, which some families write into the system turn.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>
/// A model's Jinja chat template, in the environment of Hugging Face's transformers (trim_blocks, lstrip_blocks). Parsed once, thread-safe.
/// The prompt comes in segments that keep apart what the template wrote and what users and documents wrote, through all
/// of the template's expressions, so that a document cannot forge a turn by writing its control tokens. Values, scopes and printing are those of
/// @huggingface/jinja (docs/design/generation.md lists where Jinja2 differs).
/// </summary>
internal sealed class ChatTemplate
{
    private const int MaxRoleLength = 32;

    private static readonly SearchValues<char> s_roleCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz_");

    private readonly ImmutableArray<Statement> _body;

    private ChatTemplate(ImmutableArray<Statement> body, bool knowsTools) => (_body, KnowsTools) = (body, knowsTools);

    /// <summary>Whether the template does something with <c>tools</c>.</summary>
    public bool KnowsTools { get; }

    /// <exception cref="ChatTemplateException">Not a template, or with a construct that is not known.</exception>
    public static ChatTemplate Parse(string source)
    {
        List<TemplateToken> tokens = TemplateLexer.Tokenize(source);
        return new ChatTemplate(TemplateParser.Parse(tokens), tokens.Exists(token => token is { Kind: TemplateTokenKind.Name, Text: "tools" }));
    }

    /// <summary>The prompt, neighbouring segments being of different kinds. Encode it with <see cref="Tokenizer.EncodePrompt"/>.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the messages, or exceeds its bounds.</exception>
    public IReadOnlyList<PromptSegment> Render(IReadOnlyList<ChatTemplateMessage> messages, ChatTemplateInputs inputs)
    {
        var globals = new TemplateScope(parent: null);
        foreach (var (name, value) in inputs.Arguments)
        {
            globals[name] = TemplateJson.Read(value);
        }

        TemplateFunctions.Define(globals, inputs.Time);
        globals["messages"] = messages.Select(object? (message) => Convert(message)).ToList();
        globals["add_generation_prompt"] = inputs.AddGenerationPrompt;
        Define(globals, "bos_token", inputs.BeginToken);
        Define(globals, "eos_token", inputs.EndToken);
        Define(globals, "tools", inputs.Tools);
        Define(globals, "documents", inputs.Documents);
        foreach (var (name, value) in inputs.Variables)
        {
            globals[name] = value switch
            {
                bool or long => value,
                string text => MarkedText.Literal(text),
                _ => throw new ArgumentException($"Template variable '{name}' must be bool, long or text.", nameof(inputs)),
            };
        }

        return new TemplateEvaluator(globals).Render(_body).Split();
    }

    private static void Define(TemplateScope globals, string name, string? text)
    {
        if (text is not null)
        {
            globals[name] = MarkedText.Literal(text);
        }
    }

    private static void Define(TemplateScope globals, string name, ImmutableArray<JsonElement> values)
    {
        globals[name] = values.IsEmpty ? null : values.Select(value => TemplateJson.Read(value)).ToList();
    }

    private static TemplateMap Convert(ChatTemplateMessage message)
    {
        if (message.Role.Length is 0 or > MaxRoleLength || message.Role.AsSpan().ContainsAnyExcept(s_roleCharacters))
        {
            throw new ArgumentException("A role is 1 to 32 lower-case letters or '_'.", nameof(message));
        }

        var map = new TemplateMap { ["role"] = MarkedText.Literal(message.Role), ["content"] = MarkedText.Foreign(message.Content) };
        Add(map, "name", message.Name);
        Add(map, "tool_call_id", message.ToolCallId);
        Add(map, "reasoning_content", message.ReasoningContent);
        if (!message.ToolCalls.IsEmpty)
        {
            map["tool_calls"] = message.ToolCalls.Select(object? (call) => Convert(call)).ToList();
        }

        return map;
    }

    private static TemplateMap Convert(ChatTemplateToolCall call)
    {
        var map = new TemplateMap();
        Add(map, "id", call.Id);
        map["type"] = MarkedText.Literal("function");
        map["function"] = new TemplateMap { ["name"] = MarkedText.Foreign(call.Name), ["arguments"] = TemplateJson.Read(call.Arguments) };
        return map;
    }

    private static void Add(TemplateMap map, string name, string? content)
    {
        if (content is not null)
        {
            map[name] = MarkedText.Foreign(content);
        }
    }
}

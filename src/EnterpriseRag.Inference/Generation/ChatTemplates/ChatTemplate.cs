using System.Buffers;
using System.Collections.Immutable;
using EnterpriseRag.Inference.Tokenization;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>One turn of a chat.</summary>
/// <param name="Role">Lower-case letters and '_': it becomes part of the template's own text, and in some families of a control token.</param>
/// <param name="Content">Text of a user, a document or the model: marked as content wherever the template puts it.</param>
internal sealed record ChatTemplateMessage(string Role, string Content);

/// <summary>What a template may ask for besides the messages.</summary>
/// <param name="AddGenerationPrompt">Opens the assistant's turn at the end.</param>
/// <param name="BeginToken"><c>bos_token</c>; null: undefined in the template.</param>
/// <param name="EndToken"><c>eos_token</c>; null: undefined in the template.</param>
internal sealed record ChatTemplateInputs(bool AddGenerationPrompt = true, string? BeginToken = null, string? EndToken = null)
{
    /// <summary>Further variables of the model's template: bool, long, or text written by us (not content), for example <c>enable_thinking</c>.</summary>
    public ImmutableDictionary<string, object> Variables { get; init; } = ImmutableDictionary<string, object>.Empty;
}

/// <summary>
/// A model's Jinja chat template, in the environment of Hugging Face's transformers (trim_blocks, lstrip_blocks). Parsed once, thread-safe.
/// The prompt comes in segments that keep apart what the template wrote and what users and documents wrote, through all
/// of the template's expressions, so that a document cannot forge a turn by writing its control tokens.
/// </summary>
internal sealed class ChatTemplate
{
    private const int MaxRoleLength = 32;

    private static readonly SearchValues<char> s_roleCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz_");

    private readonly ImmutableArray<Statement> _body;

    private ChatTemplate(ImmutableArray<Statement> body) => _body = body;

    /// <exception cref="ChatTemplateException">Not a template, or with a construct that is not known.</exception>
    public static ChatTemplate Parse(string source) => new(TemplateParser.Parse(TemplateLexer.Tokenize(source)));

    /// <summary>The prompt, neighbouring segments being of different kinds. Encode it with <see cref="Tokenizer.EncodePrompt"/>.</summary>
    /// <exception cref="ChatTemplateException">The template refuses the messages, or exceeds its bounds.</exception>
    public IReadOnlyList<PromptSegment> Render(IReadOnlyList<ChatTemplateMessage> messages, ChatTemplateInputs inputs)
    {
        var globals = new TemplateScope(parent: null);
        globals["messages"] = messages.Select(object? (message) => Convert(message)).ToList();
        globals["add_generation_prompt"] = inputs.AddGenerationPrompt;
        Define(globals, "bos_token", inputs.BeginToken);
        Define(globals, "eos_token", inputs.EndToken);
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

    private static TemplateMap Convert(ChatTemplateMessage message) =>
        message.Role.Length is > 0 and <= MaxRoleLength && !message.Role.AsSpan().ContainsAnyExcept(s_roleCharacters)
            ? new TemplateMap { ["role"] = MarkedText.Literal(message.Role), ["content"] = MarkedText.Foreign(message.Content) }
            : throw new ArgumentException("A role is 1 to 32 lower-case letters or '_'.", nameof(message));
}

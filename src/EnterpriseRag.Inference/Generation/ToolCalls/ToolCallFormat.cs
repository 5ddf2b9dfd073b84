using System.Text.Encodings.Web;
using System.Text.Json;
using EnterpriseRag.Inference.Generation.Constraints;

namespace EnterpriseRag.Inference.Generation.ToolCalls;

/// <summary>How a family of models writes the calls of functions.</summary>
internal sealed record ToolCallFormat
{
    private ToolCallFormat(string name, string marker, string opening, string closing, string argumentsName)
    {
        (Name, Marker, Opening, Closing, ArgumentsName) = (name, marker, opening, closing, argumentsName);
    }

    /// <summary>Qwen, Hermes and all models that were not taught a way of their own: <c>&lt;tool_call&gt;{"name", "arguments"}&lt;/tool_call&gt;</c>, one for each call.</summary>
    public static ToolCallFormat Hermes { get; } = new("hermes", "<tool_call>", "<tool_call>\n", "\n</tool_call>", "arguments");

    /// <summary>Llama 3.1 and later: the whole answer is <c>{"name", "parameters"}</c>.</summary>
    public static ToolCallFormat Llama3 { get; } = new("llama3", "{", "", "", "parameters");

    /// <summary>Mistral: <c>[TOOL_CALLS]</c>, then a list of <c>{"name", "arguments"}</c>.</summary>
    public static ToolCallFormat Mistral { get; } = new("mistral", "[TOOL_CALLS]", "[TOOL_CALLS][", "]", "arguments");

    public string Name { get; }

    /// <summary>Where calls begin; in Llama's case at the beginning of the answer only.</summary>
    public string Marker { get; }

    public string Opening { get; }

    public string Closing { get; }

    public string ArgumentsName { get; }

    public bool IsWholeAnswer => ReferenceEquals(this, Llama3);

    /// <summary>By what the template itself writes.</summary>
    public static ToolCallFormat Of(string template) =>
        template.Contains("[TOOL_CALLS]", StringComparison.Ordinal) ? Mistral
        : template.Contains("<tool_call>", StringComparison.Ordinal) ? Hermes
        : template.Contains("\"parameters\": ", StringComparison.Ordinal) && template.Contains("ipython", StringComparison.Ordinal) ? Llama3
        : Hermes;

    /// <summary>Texts that are one call of one of the functions, arguments by their schemas.</summary>
    /// <exception cref="NotSupportedException">A schema has a keyword that is not enforced.</exception>
    /// <exception cref="ArgumentException">A schema is none.</exception>
    public Grammar Grammar(IEnumerable<ToolDeclaration> tools) =>
        JsonSchemaGrammar.Call(Opening, tools.Select(tool => (tool.Name, tool.Parameters)), ArgumentsName, Closing);

    /// <summary>The calls in a text that begins at the marker; null if it is not what it promised.</summary>
    /// <param name="text">From the marker to the end of the answer.</param>
    /// <param name="isKnown">Whether there is a function of that name.</param>
    public List<ToolCall>? Read(string text, Func<string, bool> isKnown)
    {
        List<ToolCall> calls = [];
        try
        {
            foreach (string json in Documents(text))
            {
                using JsonDocument document = JsonDocument.Parse(json);
                foreach (JsonElement call in document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement.EnumerateArray().ToArray() : [document.RootElement])
                {
                    if (Read(call) is not { } read || !isKnown(read.Name))
                    {
                        return null;
                    }

                    calls.Add(read);
                }
            }
        }
        catch (JsonException)
        {
            return null; // an answer that only looked like a call is an answer
        }

        return calls.Count > 0 ? calls : null;
    }

    private IEnumerable<string> Documents(string text)
    {
        if (IsWholeAnswer)
        {
            return [text];
        }

        IEnumerable<string> parts = text.Split(Marker, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return ReferenceEquals(this, Hermes) ? parts.Select(part => part.Split("</tool_call>")[0]) : parts;
    }

    private static ToolCall? Read(JsonElement call)
    {
        if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        if (!call.TryGetProperty("arguments", out JsonElement arguments) && !call.TryGetProperty("parameters", out arguments))
        {
            return new ToolCall(name.GetString()!, JsonDocument.Parse("{}").RootElement); // the kind was checked
        }

        return arguments.ValueKind == JsonValueKind.Object ? new ToolCall(name.GetString()!, arguments.Clone()) : null; // the kind was checked
    }
}

/// <summary>A function that the caller offers to the model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">JSON schema of its arguments.</param>
internal sealed record ToolDeclaration(string Name, string Description, JsonElement Parameters)
{
    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }; // for a prompt, not for a page

    /// <summary>As templates and other programs have it.</summary>
    public JsonElement ToJson() => JsonSerializer.SerializeToElement(new { type = "function", function = new { name = Name, description = Description, parameters = Parameters } }, s_plain);
}

/// <summary>A call that the model wrote.</summary>
/// <param name="Name">The function.</param>
/// <param name="Arguments">An object.</param>
internal sealed record ToolCall(string Name, JsonElement Arguments);

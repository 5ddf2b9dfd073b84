using System.Globalization;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>The filter <c>tojson</c> as transformers defines it: Python's json.dumps with ensure_ascii off. Marks go through character by character.</summary>
internal static class TemplateJson
{
    private const int MaxDepth = 32;

    public static MarkedText Write(object? value, CallValues arguments, TemplateBudget budget)
    {
        if (arguments.Positional.Length > 1 || arguments.Named.Keys.Any(name => name is not "indent"))
        {
            throw new ChatTemplateException("Chat template: this form of 'tojson' is not supported.");
        }

        int? indent = arguments.Optional(0, "indent") is { } given and not Undefined ? Math.Clamp(TemplateValue.Integer(given), 0, 16) : null;
        var json = new MarkedText.Builder();
        Write(json, value, indent, depth: 0, budget);
        return json.Build();
    }

    private static void Write(MarkedText.Builder json, object? value, int? indent, int depth, TemplateBudget budget)
    {
        budget.Step();
        if (depth > MaxDepth)
        {
            throw new ChatTemplateException("Chat template: 'tojson' of a value nested too deeply.");
        }

        switch (value)
        {
            case MarkedText text:
                WriteText(json, text, budget);
                break;
            case List<object?> list:
                WriteParts(json, '[', ']', list, item => Write(json, item, indent, depth + 1, budget), indent, depth);
                break;
            case TemplateMap map:
                WriteParts(json, '{', '}', [.. map.Entries], entry =>
                {
                    WriteText(json, MarkedText.Literal(entry.Key), budget);
                    json.Append(": ", isContent: false);
                    Write(json, entry.Value, indent, depth + 1, budget);
                }, indent, depth);
                break;
            case null or bool or long:
                json.Append(value switch { null => "null", bool flag => flag ? "true" : "false", _ => TemplateValue.Print(value).Text }, isContent: false);
                break;
            default:
                throw new ChatTemplateException($"Chat template: {TemplateValue.Name(value)} cannot be written as JSON.");
        }
    }

    private static void WriteParts<T>(MarkedText.Builder json, char open, char close, List<T> parts, Action<T> write, int? indent, int depth)
    {
        json.Append(open.ToString(), isContent: false);
        for (var i = 0; i < parts.Count; i++)
        {
            json.Append(i == 0 ? "" : indent is null ? ", " : ",", isContent: false);
            NewLine(depth + 1);
            write(parts[i]);
        }

        if (parts.Count > 0)
        {
            NewLine(depth);
        }

        json.Append(close.ToString(), isContent: false);

        void NewLine(int level)
        {
            if (indent is { } width)
            {
                json.Append("\n" + new string(' ', width * level), isContent: false);
            }
        }
    }

    private static void WriteText(MarkedText.Builder json, MarkedText text, TemplateBudget budget)
    {
        budget.Text(text.Length);
        TemplateBudget.Output(json.Length + (long)text.Length);
        json.Append("\"", isContent: false);
        foreach (var segment in text.Split())
        {
            foreach (var unit in segment.Text)
            {
                json.Append(unit switch
                {
                    '"' => "\\\"",
                    '\\' => "\\\\",
                    '\n' => "\\n",
                    '\r' => "\\r",
                    '\t' => "\\t",
                    '\b' => "\\b",
                    '\f' => "\\f",
                    < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"),
                    _ => unit.ToString(),
                }, segment.IsContent);
            }
        }

        json.Append("\"", isContent: false);
    }
}

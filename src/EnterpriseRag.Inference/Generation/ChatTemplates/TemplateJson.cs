using System.Globalization;
using System.Text.Json;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>How JSON is written.</summary>
/// <param name="Indent">Spaces per level; 0 = one line.</param>
/// <param name="EnsureAscii">Other characters as escapes.</param>
/// <param name="SortKeys">Keys in alphabetical order.</param>
/// <param name="Separators">Between items, and between key and value; null: ", " (a comma alone when indented) and ": ".</param>
/// <param name="Undefined">What an undefined value is written as.</param>
internal sealed record JsonForm(int Indent = 0, bool EnsureAscii = false, bool SortKeys = false, (MarkedText Item, MarkedText Key)? Separators = null, string Undefined = "null");

/// <summary>The filter <c>tojson</c> as transformers defines it: Python's json.dumps with ensure_ascii off. Marks go through character by character.</summary>
internal static class TemplateJson
{
    // JsonDocument's own limit for what comes in, and the template may wrap it once more.
    private const int MaxDepth = 80;
    private const int MaxIndent = 16;

    private static readonly MarkedText s_comma = MarkedText.Literal(",");
    private static readonly MarkedText s_commaBlank = MarkedText.Literal(", ");
    private static readonly MarkedText s_colonBlank = MarkedText.Literal(": ");

    /// <summary>Applies the filter. Positional arguments are passed over, as in the reference.</summary>
    public static MarkedText Filter(object? value, CallValues arguments, TemplateBudget budget)
    {
        if (arguments.Named.Keys.FirstOrDefault(name => name is not ("indent" or "ensure_ascii" or "sort_keys" or "separators")) is { } unknown)
        {
            throw new ChatTemplateException($"Chat template: '{unknown}' of the filter 'tojson' is not supported.");
        }

        var indent = arguments.Named.GetValueOrDefault("indent") is { } given ? TemplateValue.Integer(given) : 0;
        if (indent is < 0 or > MaxIndent)
        {
            throw new ChatTemplateException($"Chat template: 'indent' of the filter 'tojson' must lie between 0 and {MaxIndent}.");
        }

        (MarkedText, MarkedText)? separators = arguments.Named.GetValueOrDefault("separators") switch
        {
            null => null,
            List<object?> and [MarkedText item, MarkedText key] => (item, key),
            _ => throw new ChatTemplateException("Chat template: 'separators' of the filter 'tojson' must be two texts."),
        };
        return Write(value, new JsonForm(indent, TemplateValue.IsTrue(arguments.Named.GetValueOrDefault("ensure_ascii")), TemplateValue.IsTrue(arguments.Named.GetValueOrDefault("sort_keys")), separators), budget);
    }

    public static MarkedText Write(object? value, JsonForm form, TemplateBudget budget)
    {
        var json = new MarkedText.Builder();
        Write(json, value, form, depth: 0, budget);
        return json.Build();
    }

    /// <summary>A JSON value as a template sees it; all texts and keys are content.</summary>
    public static object? Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => ReadMap(json),
        JsonValueKind.Array => json.EnumerateArray().Select(Read).ToList(),
        JsonValueKind.String => MarkedText.Foreign(json.GetString()!), // the kind was checked
        JsonValueKind.Number => json.TryGetInt64(out var whole) ? whole : TemplateNumber.OfJson(json.GetDouble()),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ => Undefined.Value,
    };

    private static TemplateMap ReadMap(JsonElement json)
    {
        var map = new TemplateMap();
        foreach (var property in json.EnumerateObject())
        {
            map.Set(MarkedText.Foreign(property.Name), Read(property.Value));
        }

        return map;
    }

    private static void Write(MarkedText.Builder json, object? value, JsonForm form, int depth, TemplateBudget budget)
    {
        budget.Step();
        if (depth > MaxDepth)
        {
            throw new ChatTemplateException("Chat template: 'tojson' of a value nested too deeply.");
        }

        switch (value)
        {
            case MarkedText text:
                WriteText(json, text, form, budget);
                break;
            case List<object?> list:
                WriteParts(json, '[', ']', list, item => Write(json, item, form, depth + 1, budget), form, depth);
                break;
            case TemplateNamespace space:
                Write(json, space.Entries, form, depth, budget);
                break;
            case TemplateMap map:
                List<(MarkedText Key, object? Value)> entries = [.. form.SortKeys ? map.Entries.OrderBy(entry => entry.Key.Text, StringComparer.InvariantCulture) : map.Entries];
                WriteParts(json, '{', '}', entries, entry =>
                {
                    WriteText(json, entry.Key, form, budget);
                    json.Append(form.Separators?.Key ?? s_colonBlank);
                    Write(json, entry.Value, form, depth + 1, budget);
                }, form, depth);
                break;
            case null:
                json.Append("null", isContent: false);
                break;
            case Undefined:
                json.Append(form.Undefined, isContent: false);
                break;
            case double number:
                json.Append(double.IsFinite(number) ? TemplateNumber.Print(number) : "null", isContent: false);
                break;
            case bool or long:
                json.Append(TemplateValue.Print(value, budget).Text, isContent: false);
                break;
            default:
                throw new ChatTemplateException($"Chat template: {TemplateValue.Name(value)} cannot be written as JSON.");
        }
    }

    private static void WriteParts<T>(MarkedText.Builder json, char open, char close, List<T> parts, Action<T> write, JsonForm form, int depth)
    {
        json.Append(open.ToString(), isContent: false);
        for (var i = 0; i < parts.Count; i++)
        {
            if (i > 0)
            {
                json.Append(form.Separators?.Item ?? (form.Indent > 0 ? s_comma : s_commaBlank));
            }

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
            if (form.Indent > 0)
            {
                json.Append("\n" + new string(' ', form.Indent * level), isContent: false);
            }
        }
    }

    private static void WriteText(MarkedText.Builder json, MarkedText text, JsonForm form, TemplateBudget budget)
    {
        budget.Text(text.Length);
        TemplateBudget.Output(json.Length + (6L * text.Length));
        json.Append("\"", isContent: false);
        foreach (var segment in text.Split())
        {
            var units = segment.Text.AsSpan();
            var done = 0;
            for (var i = 0; i < units.Length; i++)
            {
                if (Escape(segment.Text, i, form.EnsureAscii) is { } escape)
                {
                    json.Append(units[done..i], segment.IsContent).Append(escape, segment.IsContent);
                    done = i + 1;
                }
            }

            json.Append(units[done..], segment.IsContent);
        }

        json.Append("\"", isContent: false);
    }

    private static string? Escape(string text, int index, bool ensureAscii)
    {
        var unit = text[index];
        return unit switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\b' => "\\b",
            '\f' => "\\f",
            < ' ' => Code(unit),
            >= '\x7f' when ensureAscii => Code(unit),
            _ when char.IsSurrogate(unit) && !IsPaired(text, index) => Code(unit),
            _ => null,
        };
    }

    private static bool IsPaired(string text, int index) => char.IsHighSurrogate(text[index])
        ? index + 1 < text.Length && char.IsLowSurrogate(text[index + 1])
        : index > 0 && char.IsHighSurrogate(text[index - 1]);

    private static string Code(char unit) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
}

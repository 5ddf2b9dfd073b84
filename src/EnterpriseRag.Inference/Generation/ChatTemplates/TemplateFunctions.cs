using System.Globalization;
using System.Text;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>The functions of the environment.</summary>
internal static class TemplateFunctions
{
    private const int MaxRange = 1_000_000;

    public static void Define(TemplateScope globals, TimeProvider time)
    {
        globals["namespace"] = new TemplateFunction((arguments, _) => Namespace(arguments));
        globals["dict"] = new TemplateFunction((arguments, _) => Namespace(arguments).Entries);
        globals["range"] = new TemplateFunction((arguments, _) => Range(arguments));
        globals["raise_exception"] = new TemplateFunction((arguments, _) => throw Refusal(arguments));
        globals["strftime_now"] = new TemplateFunction((arguments, _) => Format(TemplateValue.Text(arguments.Required(0, "strftime_now")), time.GetLocalNow()));
    }

    private static ChatTemplateException Refusal(CallValues arguments) => new(
        $"The chat template refuses these messages: {(arguments.Positional is [MarkedText reason, ..] ? reason.WithoutContent() : "it does not say why.")}");

    private static TemplateNamespace Namespace(CallValues arguments)
    {
        var space = new TemplateNamespace();
        switch (arguments.Positional)
        {
            case []:
                break;
            case [TemplateMap map]:
                foreach (var (key, value) in map.Entries)
                {
                    space.Entries.Set(key, value);
                }

                break;
            case [List<object?> pairs]:
                foreach (var pair in pairs)
                {
                    space.Entries.Set(pair is List<object?> and [MarkedText key, _] ? key : throw new ChatTemplateException("Chat template: 'namespace' needs pairs of a text and a value."),
                        ((List<object?>)pair)[1]);
                }

                break;
            default:
                throw new ChatTemplateException("Chat template: 'namespace' takes one map or list of pairs, and named values.");
        }

        foreach (var (name, value) in arguments.Named)
        {
            space.Entries[name] = value;
        }

        return space;
    }

    private static List<object?> Range(CallValues arguments)
    {
        var isOpen = arguments.Positional.Length == 1;
        long start = isOpen ? 0 : TemplateValue.Integer(arguments.Required(0, "range"));
        long end = TemplateValue.Integer(arguments.Required(isOpen ? 0 : 1, "range"));
        long step = arguments.Positional.Length > 2 ? TemplateValue.Integer(arguments.Positional[2]) : 1;
        if (step == 0)
        {
            throw new ChatTemplateException("Chat template: 'range' needs a step other than 0.");
        }

        var count = Math.Max(0, step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step);
        return count <= MaxRange
            ? [.. Enumerable.Range(0, (int)count).Select(object? (i) => start + (i * step))]
            : throw new ChatTemplateException($"Chat template: 'range' of more than {MaxRange} numbers.");
    }

    /// <summary>Python's strftime with English names; a directive that it does not have stays as it is.</summary>
    private static MarkedText Format(MarkedText format, DateTimeOffset now)
    {
        if (format.Length > 1000)
        {
            throw new ChatTemplateException("Chat template: the format of 'strftime_now' is too long.");
        }

        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format.Text[i] == '%' && i + 1 < format.Length && Directive(format.Text[i + 1], now) is { } value)
            {
                text.Append(value);
                i++;
            }
            else
            {
                text.Append(format.Text[i]);
            }
        }

        return format.HasContent ? MarkedText.Foreign(text.ToString()) : MarkedText.Literal(text.ToString());
    }

    private static string? Directive(char letter, DateTimeOffset now) => letter switch
    {
        'Y' => now.ToString("yyyy", CultureInfo.InvariantCulture),
        'y' => now.ToString("yy", CultureInfo.InvariantCulture),
        'm' => now.ToString("MM", CultureInfo.InvariantCulture),
        'd' => now.ToString("dd", CultureInfo.InvariantCulture),
        'b' => now.ToString("MMM", CultureInfo.InvariantCulture),
        'B' => now.ToString("MMMM", CultureInfo.InvariantCulture),
        'a' => now.ToString("ddd", CultureInfo.InvariantCulture),
        'A' => now.ToString("dddd", CultureInfo.InvariantCulture),
        'H' => now.ToString("HH", CultureInfo.InvariantCulture),
        'I' => now.ToString("hh", CultureInfo.InvariantCulture),
        'M' => now.ToString("mm", CultureInfo.InvariantCulture),
        'S' => now.ToString("ss", CultureInfo.InvariantCulture),
        'p' => now.Hour < 12 ? "AM" : "PM",
        'j' => now.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        '%' => "%",
        _ => null,
    };
}

using System.Collections.Frozen;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>The filters after <c>|</c>; those of lists are in <see cref="TemplateLists"/>.</summary>
internal static class TemplateFilters
{
    private const int MaxIndent = 256;

    private delegate object? FilterRule(object? value, CallValues arguments, TemplateBudget budget);

    private static readonly FrozenDictionary<string, FilterRule> s_filters = new Dictionary<string, FilterRule>(StringComparer.Ordinal)
    {
        ["safe"] = (value, _, _) => value,
        ["trim"] = (value, _, budget) => TemplateMethods.Trim(TemplateValue.Print(value, budget), start: true, end: true),
        ["tojson"] = TemplateJson.Filter,
        ["length"] = (value, _, _) => Length(value),
        ["count"] = (value, _, _) => Length(value),
        ["default"] = Default,
        ["d"] = Default,
        ["join"] = Join,
        ["upper"] = (value, _, budget) => TemplateValue.Print(value, budget).Map(text => text.ToUpperInvariant()),
        ["lower"] = (value, _, budget) => TemplateValue.Print(value, budget).Map(text => text.ToLowerInvariant()),
        ["title"] = (value, _, budget) => TemplateMethods.Title(TemplateValue.Print(value, budget)),
        ["capitalize"] = (value, _, budget) => TemplateMethods.Capitalize(TemplateValue.Print(value, budget)),
        ["string"] = (value, _, budget) => TemplateValue.Print(value, budget),
        ["replace"] = (value, arguments, budget) => TemplateMethods.Replace(TemplateValue.Print(value, budget), arguments, budget),
        ["indent"] = Indent,
        ["int"] = Integer,
        ["float"] = Float,
        ["abs"] = (value, _, _) => value is double number ? Math.Abs(number) : (object)Math.Abs((long)TemplateValue.Integer(value)),
        ["round"] = (value, arguments, _) => Round(value, arguments),
        ["bool"] = (value, _, _) => TemplateValue.IsTrue(value),
        ["list"] = (value, _, budget) => value is List<object?> ? value : Items(value, budget),
        ["first"] = (value, _, budget) => Items(value, budget) is [var first, ..] ? first : Undefined.Value,
        ["last"] = (value, _, budget) => Items(value, budget) is [.., var last] ? last : Undefined.Value,
        ["reverse"] = Reverse,
        ["sort"] = (value, arguments, budget) => TemplateLists.Sort(Items(value, budget), arguments, budget),
        ["unique"] = (value, _, budget) => TemplateLists.Unique(Items(value, budget), budget),
        ["min"] = (value, arguments, budget) => TemplateLists.Extreme(Items(value, budget), arguments, -1),
        ["max"] = (value, arguments, budget) => TemplateLists.Extreme(Items(value, budget), arguments, 1),
        ["sum"] = (value, _, budget) => Items(value, budget).Aggregate((object)0L, (sum, item) => TemplateArithmetic.Calculate("+", sum, item)),
        ["batch"] = (value, arguments, budget) => TemplateLists.Batch(Items(value, budget), arguments),
        ["map"] = (value, arguments, budget) => TemplateLists.Map(Parts(value, budget), arguments, budget),
        ["select"] = (value, arguments, budget) => TemplateLists.Where(Items(value, budget), arguments, selects: true),
        ["reject"] = (value, arguments, budget) => TemplateLists.Where(Items(value, budget), arguments, selects: false),
        ["selectattr"] = (value, arguments, budget) => TemplateLists.WhereAttribute(Parts(value, budget), arguments, selects: true),
        ["rejectattr"] = (value, arguments, budget) => TemplateLists.WhereAttribute(Parts(value, budget), arguments, selects: false),
        ["items"] = (value, arguments, budget) => value is Undefined ? new List<object?>() : TemplateMethods.Call(value, "items", arguments, budget),
        ["keys"] = (value, arguments, budget) => TemplateMethods.Call(value, "keys", arguments, budget),
        ["values"] = (value, arguments, budget) => TemplateMethods.Call(value, "values", arguments, budget),
        ["get"] = (value, arguments, budget) => TemplateMethods.Call(value, "get", arguments, budget),
        ["dictsort"] = (value, arguments, budget) => TemplateMethods.Call(value, "dictsort", arguments, budget),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static bool IsKnown(string name) => s_filters.ContainsKey(name);

    public static object? Apply(object? value, string name, CallValues arguments, TemplateBudget budget) => s_filters[name](value, arguments, budget);

    private static long Length(object? value) => value switch
    {
        MarkedText text => text.Length,
        List<object?> list => list.Count,
        TemplateMap map => map.Count,
        Undefined => 0,
        _ => throw new ChatTemplateException($"Chat template: {TemplateValue.Name(value)} has no length."),
    };

    private static List<object?> Items(object? value, TemplateBudget budget)
    {
        budget.Step(value is MarkedText text ? text.Length : 1);
        return [.. TemplateValue.Items(value)];
    }

    /// <summary>The items of a list. A template that looks for attributes of a text's letters expects a list of parts, and would silently lose the text.</summary>
    private static List<object?> Parts(object? value, TemplateBudget budget) => value is MarkedText
        ? throw new ChatTemplateException("Chat template: a filter for the items of a list is applied to a text.")
        : Items(value, budget);

    private static object? Default(object? value, CallValues arguments, TemplateBudget budget)
    {
        var replaces = value is Undefined || (arguments.Flag(1, "boolean") && !TemplateValue.IsTrue(value));
        return !replaces ? value : arguments.Optional(0, "default_value") is not Undefined and var other ? other : MarkedText.Empty;
    }

    private static MarkedText Join(object? value, CallValues arguments, TemplateBudget budget)
    {
        var separator = arguments.Optional(0, "separator") is not Undefined and var given ? given : arguments.Optional(0, "d");
        if (value is MarkedText text && separator is Undefined)
        {
            return text;
        }

        var items = Items(value, budget);
        if (arguments.Optional(1, "attribute") is not Undefined and var attribute)
        {
            items = TemplateLists.Map(items, new CallValues([], new(StringComparer.Ordinal) { ["attribute"] = attribute }), budget);
        }

        return TemplateValue.Joined(items, separator is Undefined ? MarkedText.Empty : TemplateValue.Text(separator), budget);
    }

    private static MarkedText Indent(object? value, CallValues arguments, TemplateBudget budget)
    {
        var text = TemplateValue.Print(value, budget);
        var indent = arguments.Optional(0, "width") switch
        {
            Undefined => MarkedText.Literal("    "),
            MarkedText given => given,
            var width when TemplateValue.Integer(width) is >= 0 and <= MaxIndent and var count => MarkedText.Literal(new string(' ', count)),
            _ => throw new ChatTemplateException($"Chat template: 'indent' takes a width of 0 to {MaxIndent}."),
        };
        var (first, blank) = (arguments.Flag(1, "first"), arguments.Flag(2, "blank"));
        var result = new MarkedText.Builder();
        for (int start = 0, end; start <= text.Length; start = end + 1)
        {
            end = text.Text.IndexOf('\n', start) is >= 0 and var found ? found : text.Length;
            budget.Step();
            budget.Text(end - start + 1L + indent.Length);
            TemplateBudget.Output(result.Length + (end - start) + 1L + indent.Length);
            if ((start > 0 || first) && (end > start || blank))
            {
                result.Append(indent);
            }

            result.Append(text.Slice(start, Math.Min(end + 1, text.Length) - start));
        }

        return result.Build();
    }

    private static object? Integer(object? value, CallValues arguments, TemplateBudget budget) => value switch
    {
        long => value,
        bool flag => flag ? 1L : 0L,
        double number => Math.Abs(number) < 1L << 53 ? (long)Math.Floor(number) : throw new ChatTemplateException("Chat template: a number is out of range."),
        MarkedText text when TemplateNumber.ParseInteger(text.Text) is { } parsed => parsed,
        _ => arguments.Optional(0, "default") is not Undefined and var other ? other : 0L,
    };

    private static object? Float(object? value, CallValues arguments, TemplateBudget budget) => value switch
    {
        long or bool or double => TemplateNumber.Of(value),
        MarkedText text when TemplateNumber.ParseFloat(text.Text) is { } parsed => parsed,
        _ => arguments.Optional(0, "default") is not Undefined and var other ? other : 0.0,
    };

    private static double Round(object? value, CallValues arguments)
    {
        var digits = arguments.Optional(0, "precision") is not Undefined and var given ? Math.Clamp(TemplateValue.Integer(given), 0, 15) : 0;
        var number = TemplateNumber.Of(value);
        var factor = Math.Pow(10, digits);
        return arguments.Optional(1, "method") switch
        {
            Undefined or MarkedText { Text: "common" } => Math.Round(number, digits, MidpointRounding.ToEven),
            MarkedText { Text: "ceil" } => Math.Ceiling(number * factor) / factor,
            MarkedText { Text: "floor" } => Math.Floor(number * factor) / factor,
            _ => throw new ChatTemplateException("Chat template: 'method' of the filter 'round' must be 'common', 'ceil' or 'floor'."),
        };
    }

    private static object Reverse(object? value, CallValues arguments, TemplateBudget budget)
    {
        var items = Items(value, budget);
        items.Reverse();
        return value is MarkedText ? TemplateValue.Joined(items, MarkedText.Empty, budget) : items;
    }
}

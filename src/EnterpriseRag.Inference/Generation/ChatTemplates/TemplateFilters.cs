using System.Collections.Frozen;
using System.Globalization;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>The filters after <c>|</c>.</summary>
internal static class TemplateFilters
{
    private delegate object? FilterRule(object? value, CallValues arguments, TemplateBudget budget);

    private static readonly FrozenDictionary<string, FilterRule> s_filters = new Dictionary<string, FilterRule>(StringComparer.Ordinal)
    {
        ["trim"] = (value, arguments, _) => TemplateMethods.Trim(TemplateValue.Print(value), arguments, start: true, end: true),
        ["tojson"] = (value, arguments, budget) => TemplateJson.Write(value, arguments, budget),
        ["length"] = (value, _, _) => Length(value),
        ["count"] = (value, _, _) => Length(value),
        ["default"] = Default,
        ["d"] = Default,
        ["join"] = Join,
        ["upper"] = (value, _, _) => TemplateValue.Print(value).Map(text => text.ToUpperInvariant()),
        ["lower"] = (value, _, _) => TemplateValue.Print(value).Map(text => text.ToLower(CultureInfo.InvariantCulture)),
        ["string"] = (value, _, _) => TemplateValue.Print(value),
        ["list"] = (value, _, budget) => Items(value, budget),
        ["first"] = (value, _, budget) => Items(value, budget) is [var first, ..] ? first : Undefined.Value,
        ["last"] = (value, _, budget) => Items(value, budget) is [.., var last] ? last : Undefined.Value,
        ["items"] = (value, arguments, budget) => TemplateMethods.Call(value, "items", arguments, budget),
        ["replace"] = (value, arguments, budget) => TemplateMethods.Call(TemplateValue.Print(value), "replace", arguments, budget),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static bool IsKnown(string name) => s_filters.ContainsKey(name);

    public static object? Apply(object? value, string name, CallValues arguments, TemplateBudget budget) => s_filters[name](value, arguments, budget);

    private static long Length(object? value) => value switch
    {
        MarkedText text => text.Text.EnumerateRunes().Count(),
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

    private static object? Default(object? value, CallValues arguments, TemplateBudget budget)
    {
        var replaces = value is Undefined || (TemplateValue.IsTrue(arguments.Optional(1, "boolean")) && !TemplateValue.IsTrue(value));
        return !replaces ? value : arguments.Optional(0, "default_value") is not Undefined and var other ? other : MarkedText.Empty;
    }

    private static MarkedText Join(object? value, CallValues arguments, TemplateBudget budget)
    {
        if (arguments.Optional(1, "attribute") is not Undefined)
        {
            throw new ChatTemplateException("Chat template: 'attribute' of the filter 'join' is not supported.");
        }

        var separator = TemplateValue.Print(arguments.Optional(0, "d"));
        var joined = new MarkedText.Builder();
        var items = Items(value, budget);
        for (var i = 0; i < items.Count; i++)
        {
            var item = TemplateValue.Print(items[i]);
            budget.Step();
            budget.Text(item.Length + (long)separator.Length);
            TemplateBudget.Output(joined.Length + (long)item.Length + separator.Length);
            _ = i > 0 ? joined.Append(separator).Append(item) : joined.Append(item);
        }

        return joined.Build();
    }
}

using System.Collections.Frozen;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>The tests after <c>is</c>, and membership.</summary>
internal static class TemplateTests
{
    private static readonly FrozenDictionary<string, Func<object?, object?, bool>> s_tests = new Dictionary<string, Func<object?, object?, bool>>(StringComparer.Ordinal)
    {
        ["defined"] = (value, _) => value is not Undefined,
        ["undefined"] = (value, _) => value is Undefined,
        ["none"] = (value, _) => value is null,
        ["string"] = (value, _) => value is MarkedText,
        ["number"] = (value, _) => value is long or bool,
        ["integer"] = (value, _) => value is long,
        ["boolean"] = (value, _) => value is bool,
        ["true"] = (value, _) => value is true,
        ["false"] = (value, _) => value is false,
        ["mapping"] = (value, _) => value is TemplateMap,
        ["iterable"] = (value, _) => value is MarkedText or TemplateMap or List<object?> or Undefined,
        ["sequence"] = (value, _) => value is MarkedText or TemplateMap or List<object?>,
        ["odd"] = (value, _) => TemplateValue.Number(value) % 2 != 0,
        ["even"] = (value, _) => TemplateValue.Number(value) % 2 == 0,
        ["equalto"] = TemplateValue.AreEqual,
        ["eq"] = TemplateValue.AreEqual,
        ["ne"] = (value, other) => !TemplateValue.AreEqual(value, other),
        ["in"] = IsIn,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static bool IsKnown(string name) => s_tests.ContainsKey(name);

    public static bool TakesArgument(string name) => name is "equalto" or "eq" or "ne" or "in";

    public static bool Holds(object? value, string name, object? argument) => s_tests[name](value, argument);

    public static bool IsIn(object? value, object? container) => container switch
    {
        MarkedText text => text.Text.Contains(TemplateValue.Text(value).Text, StringComparison.Ordinal),
        List<object?> list => list.Exists(item => TemplateValue.AreEqual(item, value)),
        TemplateMap map => value is MarkedText key && map.Contains(key.Text),
        Undefined => false,
        _ => throw new ChatTemplateException($"Chat template: {TemplateValue.Name(container)} has no parts."),
    };
}

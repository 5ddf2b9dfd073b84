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
        ["number"] = (value, _) => value is long or double,
        ["integer"] = (value, _) => value is long,
        ["float"] = (value, _) => value is double,
        ["boolean"] = (value, _) => value is bool,
        ["true"] = (value, _) => value is true,
        ["false"] = (value, _) => value is false,
        ["mapping"] = (value, _) => value is TemplateMap,
        ["iterable"] = (value, _) => value is MarkedText or List<object?>,
        ["sequence"] = (value, _) => value is MarkedText or TemplateMap or List<object?>,
        ["callable"] = (value, _) => value is TemplateFunction,
        ["lower"] = (value, _) => value is MarkedText { Text: var text } && string.Equals(text, text.ToLowerInvariant(), StringComparison.Ordinal),
        ["upper"] = (value, _) => value is MarkedText { Text: var text } && string.Equals(text, text.ToUpperInvariant(), StringComparison.Ordinal),
        ["odd"] = (value, _) => TemplateValue.Number(value) % 2 != 0,
        ["even"] = (value, _) => TemplateValue.Number(value) % 2 == 0,
        ["divisibleby"] = (value, other) => TemplateValue.Number(other) is not 0 and var divisor ? TemplateValue.Number(value) % divisor == 0 : throw NoOrder(other),
        ["equalto"] = TemplateValue.AreSame,
        ["eq"] = TemplateValue.AreSame,
        ["sameas"] = TemplateValue.AreSame,
        ["ne"] = (value, other) => !TemplateValue.AreSame(value, other),
        ["lt"] = (value, other) => TemplateValue.Compare(value, other) < 0,
        ["le"] = (value, other) => TemplateValue.Compare(value, other) <= 0,
        ["gt"] = (value, other) => TemplateValue.Compare(value, other) > 0,
        ["ge"] = (value, other) => TemplateValue.Compare(value, other) >= 0,
        ["in"] = IsIn,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static bool IsKnown(string name) => s_tests.ContainsKey(name);

    public static bool TakesArgument(string name) => name is "divisibleby" or "equalto" or "eq" or "sameas" or "ne" or "lt" or "le" or "gt" or "ge" or "in";

    public static bool Holds(object? value, string name, object? argument) => s_tests[name](value, argument);

    public static bool IsIn(object? value, object? container) => container switch
    {
        MarkedText text => text.Text.Contains(TemplateValue.Text(value).Text, StringComparison.Ordinal),
        List<object?> list => list.Exists(item => TemplateValue.AreSame(item, value)),
        TemplateMap map => value is MarkedText key && map.Contains(key.Text),
        Undefined => false,
        _ => throw new ChatTemplateException($"Chat template: {TemplateValue.Name(container)} has no parts."),
    };

    private static ChatTemplateException NoOrder(object? value) => new($"Chat template: nothing is divisible by {TemplateValue.Name(value)}.");
}

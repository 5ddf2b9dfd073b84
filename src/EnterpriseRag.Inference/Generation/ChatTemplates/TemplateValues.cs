using System.Globalization;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>
/// A map of the template: keys are text that the template or we wrote. The other values are null (none), <see cref="Undefined"/>, bool, long,
/// <see cref="MarkedText"/>, <c>List&lt;object?&gt;</c> and <see cref="TemplateNamespace"/>. Numbers with a fraction do not occur in chat templates and are refused.
/// </summary>
internal sealed class TemplateMap
{
    private readonly OrderedDictionary<string, object?> _entries = new(StringComparer.Ordinal);

    public int Count => _entries.Count;

    public IEnumerable<KeyValuePair<string, object?>> Entries => _entries;

    public object? this[string key]
    {
        get => _entries.TryGetValue(key, out var value) ? value : Undefined.Value;
        set => _entries[key] = value;
    }

    public bool Contains(string key) => _entries.ContainsKey(key);
}

/// <summary>What <c>namespace(...)</c> makes: the one thing that a loop can write to beyond itself.</summary>
internal sealed class TemplateNamespace
{
    public Dictionary<string, object?> Entries { get; } = new(StringComparer.Ordinal);
}

/// <summary>The value of a name or key that is not there: prints as nothing, is false, has no parts.</summary>
internal sealed class Undefined
{
    public static readonly Undefined Value = new();

    private Undefined()
    {
    }
}

/// <summary>Variables by name; a loop's body has a scope of its own.</summary>
internal sealed class TemplateScope(TemplateScope? parent)
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    public TemplateScope? Parent => parent;

    public object? this[string name]
    {
        get
        {
            for (var scope = this; scope is not null; scope = scope.Parent)
            {
                if (scope._values.TryGetValue(name, out var value))
                {
                    return value;
                }
            }

            return Undefined.Value;
        }

        set => _values[name] = value;
    }
}

/// <summary>Python's rules for truth, equality, order and printing of values.</summary>
internal static class TemplateValue
{
    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        MarkedText text => text.Length > 0,
        List<object?> list => list.Count > 0,
        TemplateMap map => map.Count > 0,
        _ => true,
    };

    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (MarkedText a, MarkedText b) => string.Equals(a.Text, b.Text, StringComparison.Ordinal),
        (bool or long, bool or long) => Number(left) == Number(right),
        // One level: lists in lists are the same only if they are the same list, so the time is what the budget was charged.
        (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => pair.First is List<object?> ? ReferenceEquals(pair.First, pair.Second) : AreEqual(pair.First, pair.Second)),
        (null, null) or (Undefined, Undefined) => true,
        _ => ReferenceEquals(left, right),
    };

    public static int Compare(object? left, object? right) => (left, right) switch
    {
        (MarkedText a, MarkedText b) => string.CompareOrdinal(a.Text, b.Text),
        (bool or long, bool or long) => Number(left).CompareTo(Number(right)),
        _ => throw new ChatTemplateException($"Chat template: {Name(left)} and {Name(right)} have no order."),
    };

    public static long Number(object? value) => value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => throw new ChatTemplateException($"Chat template: {Name(value)} is not a number."),
    };

    public static int Integer(object? value) => Number(value) is >= int.MinValue and <= int.MaxValue and var number
        ? (int)number
        : throw new ChatTemplateException("Chat template: a number is out of range.");

    public static MarkedText Print(object? value) => value switch
    {
        MarkedText text => text,
        Undefined => MarkedText.Empty,
        null => MarkedText.Literal("None"),
        bool flag => MarkedText.Literal(flag ? "True" : "False"),
        long number => MarkedText.Literal(number.ToString(CultureInfo.InvariantCulture)),
        _ => throw new ChatTemplateException($"Chat template: {Name(value)} cannot be printed; use the filter tojson."),
    };

    public static MarkedText Text(object? value) =>
        value as MarkedText ?? throw new ChatTemplateException($"Chat template: {Name(value)} is not a text.");

    /// <summary>The parts of a value as a loop sees them.</summary>
    public static List<object?> Items(object? value) => value switch
    {
        List<object?> list => list,
        TemplateMap map => [.. map.Entries.Select(entry => MarkedText.Literal(entry.Key))],
        MarkedText text => [.. Enumerable.Range(0, text.Length).Select(i => text.Slice(i, 1))],
        Undefined => [],
        _ => throw new ChatTemplateException($"Chat template: {Name(value)} has no parts."),
    };

    /// <summary>The kind of a value for messages; never its content.</summary>
    public static string Name(object? value) => value switch
    {
        null => "none",
        Undefined => "an undefined value",
        bool => "a truth value",
        long => "a number",
        MarkedText => "a text",
        List<object?> => "a list",
        TemplateMap => "a map",
        _ => "a value of another kind",
    };
}

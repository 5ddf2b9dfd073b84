using System.Globalization;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>
/// A map of the template, in the order of its entries. Keys keep their marks. The other values are null (none), <see cref="Undefined"/>, bool, long, double,
/// <see cref="MarkedText"/>, <c>List&lt;object?&gt;</c>, <see cref="TemplateNamespace"/> and <see cref="TemplateFunction"/>.
/// </summary>
internal sealed class TemplateMap
{
    private readonly OrderedDictionary<string, (MarkedText Key, object? Value)> _entries = new(StringComparer.Ordinal);

    public int Count => _entries.Count;

    public IEnumerable<(MarkedText Key, object? Value)> Entries => _entries.Values;

    /// <summary>The value of a key; <see cref="Undefined"/> without one. Set: the key is the template's or ours.</summary>
    public object? this[string key]
    {
        get => _entries.TryGetValue(key, out var entry) ? entry.Value : Undefined.Value;
        set => _entries[key] = (MarkedText.Literal(key), value);
    }

    public void Set(MarkedText key, object? value) => _entries[key.Text] = (key, value);

    public bool Contains(string key) => _entries.ContainsKey(key);
}

/// <summary>What <c>namespace(...)</c> makes: the one thing that a loop can write to beyond itself.</summary>
internal sealed class TemplateNamespace
{
    public TemplateMap Entries { get; } = new();
}

/// <summary>A macro, a caller's block or a function of the environment. The scope is the caller's.</summary>
internal sealed class TemplateFunction(Func<CallValues, TemplateScope, object?> body)
{
    public object? Call(CallValues arguments, TemplateScope scope) => body(arguments, scope);
}

/// <summary>The value of a name or key that is not there: prints as nothing, is false, has no parts.</summary>
internal sealed class Undefined
{
    public static readonly Undefined Value = new();

    private Undefined()
    {
    }
}

/// <summary>Variables by name; a loop and a macro's call have a scope of their own.</summary>
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

/// <summary>
/// Truth, equality, order and printing of values, as @huggingface/jinja has them (true prints as "true", none as nothing, a map as JSON);
/// where it refuses an operation that Jinja2 knows, as Jinja2 has it.
/// </summary>
internal static class TemplateValue
{
    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0 && !double.IsNaN(number),
        MarkedText text => text.Length > 0,
        List<object?> list => list.Count > 0,
        TemplateMap map => map.Count > 0,
        _ => true,
    };

    /// <summary><c>==</c>: none equals undefined; numbers, truth values and texts that read as numbers are compared as numbers; lists and maps equal themselves only.</summary>
    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null or Undefined, null or Undefined) => true,
        (null or Undefined, _) or (_, null or Undefined) => false,
        (MarkedText a, MarkedText b) => string.Equals(a.Text, b.Text, StringComparison.Ordinal),
        (long a, long b) => a == b,
        (bool or long or double or MarkedText, bool or long or double or MarkedText) => TemplateNumber.Of(left) == TemplateNumber.Of(right),
        _ => ReferenceEquals(left, right),
    };

    /// <summary>The equality of <c>in</c>, <c>unique</c> and the test <c>eq</c>: a text never equals a number, nor 1 true.</summary>
    public static bool AreSame(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (bool a, bool b) => a == b,
        (bool, _) or (_, bool) => false,
        (long or double, long or double) or (MarkedText, MarkedText) => AreEqual(left, right),
        _ => ReferenceEquals(left, right),
    };

    public static int Compare(object? left, object? right, bool ignoresCase = false) => (left, right) switch
    {
        (MarkedText a, MarkedText b) when ignoresCase => string.CompareOrdinal(a.Text.ToLowerInvariant(), b.Text.ToLowerInvariant()),
        (MarkedText a, MarkedText b) => string.CompareOrdinal(a.Text, b.Text),
        (bool or long or double, bool or long or double) => TemplateNumber.Of(left).CompareTo(TemplateNumber.Of(right)),
        (null, null) or (Undefined, Undefined) => 0,
        _ => throw new ChatTemplateException($"Chat template: {Name(left)} and {Name(right)} have no order."),
    };

    public static long Number(object? value) => value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => throw new ChatTemplateException($"Chat template: {Name(value)} is not a whole number."),
    };

    public static int Integer(object? value) => Number(value) is >= int.MinValue and <= int.MaxValue and var number
        ? (int)number
        : throw new ChatTemplateException("Chat template: a number is out of range.");

    /// <summary>What <c>{{ value }}</c> writes.</summary>
    public static MarkedText Print(object? value, TemplateBudget budget) => value switch
    {
        MarkedText text => text,
        Undefined or null => MarkedText.Empty,
        bool flag => MarkedText.Literal(flag ? "true" : "false"),
        long number => MarkedText.Literal(number.ToString(CultureInfo.InvariantCulture)),
        double number => MarkedText.Literal(number % 1 == 0 ? TemplateNumber.Print(number) + ".0" : TemplateNumber.Print(number)),
        TemplateFunction => throw new ChatTemplateException($"Chat template: {Name(value)} cannot be printed."),
        _ => TemplateJson.Write(value, new JsonForm(Undefined: "undefined"), budget),
    };

    /// <summary>What a value adds to a text by <c>+</c>, <c>~</c> and <c>join</c>: as printed, but a whole number with a fraction loses its ".0" and a list its brackets.</summary>
    public static MarkedText Joined(object? value, TemplateBudget budget) => value switch
    {
        double number => MarkedText.Literal(TemplateNumber.Print(number)),
        List<object?> list => Joined(list, MarkedText.Literal(","), budget),
        _ => Print(value, budget),
    };

    public static MarkedText Joined(List<object?> items, MarkedText separator, TemplateBudget budget)
    {
        var joined = new MarkedText.Builder();
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i] is List<object?> ? Print(items[i], budget) : Joined(items[i], budget);
            budget.Step();
            budget.Text(item.Length + (long)separator.Length);
            TemplateBudget.Output(joined.Length + (long)item.Length + separator.Length);
            _ = i > 0 ? joined.Append(separator).Append(item) : joined.Append(item);
        }

        return joined.Build();
    }

    public static MarkedText Text(object? value) =>
        value as MarkedText ?? throw new ChatTemplateException($"Chat template: {Name(value)} is not a text.");

    /// <summary>The parts of a value as a loop sees them.</summary>
    public static List<object?> Items(object? value) => value switch
    {
        List<object?> list => list,
        TemplateMap map => [.. map.Entries.Select(entry => entry.Key)],
        MarkedText text => Characters(text),
        Undefined => [],
        _ => throw new ChatTemplateException($"Chat template: {Name(value)} has no parts."),
    };

    /// <summary>The characters (code points) of a text.</summary>
    public static List<object?> Characters(MarkedText text)
    {
        List<object?> characters = [];
        for (var i = 0; i < text.Length;)
        {
            var length = char.IsHighSurrogate(text.Text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text.Text[i + 1]) ? 2 : 1;
            characters.Add(text.Slice(i, length));
            i += length;
        }

        return characters;
    }

    /// <summary>The kind of a value for messages; never its content.</summary>
    public static string Name(object? value) => value switch
    {
        null => "none",
        Undefined => "an undefined value",
        bool => "a truth value",
        long or double => "a number",
        MarkedText => "a text",
        List<object?> => "a list",
        TemplateMap => "a map",
        TemplateNamespace => "a namespace",
        TemplateFunction => "a function",
        _ => "a value of another kind",
    };
}

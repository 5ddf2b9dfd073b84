using System.Buffers;
using System.Collections.Frozen;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>
/// Methods of texts and maps that chat templates call. As in @huggingface/jinja, strip and its kind take white space whatever their argument says, and
/// white space is JavaScript's.
/// </summary>
internal static class TemplateMethods
{
    private static readonly SearchValues<char> s_blanks = SearchValues.Create(TemplateLexer.Blanks);

    private static readonly FrozenSet<string> s_known = FrozenSet.ToFrozenSet(
        ["strip", "lstrip", "rstrip", "startswith", "endswith", "split", "splitlines", "upper", "lower", "title", "capitalize", "replace", "removeprefix", "removesuffix",
            "join", "find", "count", "isdigit", "items", "keys", "values", "get", "dictsort"], StringComparer.Ordinal);

    public static bool IsKnown(string name) => s_known.Contains(name);

    public static object? Call(object? target, string name, CallValues arguments, TemplateBudget budget)
    {
        return target switch
        {
            MarkedText text => OfText(text, name, arguments, budget),
            TemplateMap map => OfMap(map, name, arguments, budget),
            _ => throw NoMethod(target, name),
        };
    }

    /// <summary>Takes white space from the ends.</summary>
    public static MarkedText Trim(MarkedText text, bool start, bool end)
    {
        var span = text.Text.AsSpan();
        var from = start ? span.IndexOfAnyExcept(s_blanks) : 0;
        if (from < 0)
        {
            return MarkedText.Empty;
        }

        var to = end ? span.LastIndexOfAnyExcept(s_blanks) + 1 : span.Length;
        return text.Slice(from, Math.Max(to - from, 0));
    }

    /// <summary>The first letter in upper case; the rest stays.</summary>
    public static MarkedText Capitalize(MarkedText text) => text.Map(value => value.Length == 0 ? value : char.ToUpperInvariant(value[0]) + value[1..]);

    /// <summary>The first letter of each word (ASCII) in upper case; the rest stays.</summary>
    public static MarkedText Title(MarkedText text) => text.Map(value => string.Create(value.Length, value, static (made, from) =>
    {
        var inWord = false;
        for (var i = 0; i < from.Length; i++)
        {
            var isWord = char.IsAsciiLetterOrDigit(from[i]) || from[i] == '_';
            made[i] = isWord && !inWord ? char.ToUpperInvariant(from[i]) : from[i];
            inWord = isWord;
        }
    }));

    public static MarkedText Replace(MarkedText text, CallValues arguments, TemplateBudget budget)
    {
        var old = TemplateValue.Text(arguments.Required(0, "replace")).Text;
        var with = TemplateValue.Text(arguments.Required(1, "replace"));
        var count = arguments.Optional(2, "count") is { } given and not Undefined && TemplateValue.Number(given) is >= 0 and var most ? most : long.MaxValue;
        if (old.Length == 0)
        {
            return ReplaceNothing(text, with, count, budget);
        }

        var result = new MarkedText.Builder();
        var done = 0;
        for (int found; count > 0 && (found = text.Text.IndexOf(old, done, StringComparison.Ordinal)) >= 0; done = found + old.Length, count--)
        {
            budget.Step();
            budget.Text(found - done + (long)with.Length);
            TemplateBudget.Output(result.Length + (found - done) + (long)with.Length);
            result.Append(text.Slice(done, found - done)).Append(with);
        }

        budget.Text(result.Length + (long)text.Length - done);
        return done == 0 ? text : result.Append(text.Slice(done, text.Length - done)).Build();
    }

    /// <summary>A map's entries in order of keys (or values).</summary>
    public static List<object?> Sorted(TemplateMap map, CallValues arguments, TemplateBudget budget)
    {
        var index = arguments.Optional(1, "by") switch
        {
            Undefined or MarkedText { Text: "key" } => 0,
            MarkedText { Text: "value" } => 1,
            _ => throw new ChatTemplateException("Chat template: 'by' of the filter 'dictsort' must be 'key' or 'value'."),
        };
        return TemplateLists.Sort(Entries(map), pair => ((List<object?>)pair!)[index], arguments.Flag(0, "case_sensitive"), arguments.Flag(2, "reverse"), budget); // pairs made here
    }

    private static object OfText(MarkedText text, string name, CallValues arguments, TemplateBudget budget) => name switch
    {
        "strip" => Trim(text, start: true, end: true),
        "lstrip" => Trim(text, start: true, end: false),
        "rstrip" => Trim(text, start: false, end: true),
        "startswith" => Any(arguments.Required(0, name), text.Text.StartsWith),
        "endswith" => Any(arguments.Required(0, name), text.Text.EndsWith),
        "split" => Split(text, arguments, budget),
        "splitlines" => SplitLines(text, budget),
        "upper" => text.Map(value => value.ToUpperInvariant()),
        "lower" => text.Map(value => value.ToLowerInvariant()),
        "title" => Title(text),
        "capitalize" => Capitalize(text),
        "replace" => Replace(text, arguments, budget),
        "removeprefix" => TemplateValue.Text(arguments.Required(0, name)).Text is var prefix && text.Text.StartsWith(prefix, StringComparison.Ordinal)
            ? text.Slice(prefix.Length, text.Length - prefix.Length) : text,
        "removesuffix" => TemplateValue.Text(arguments.Required(0, name)).Text is var suffix && text.Text.EndsWith(suffix, StringComparison.Ordinal)
            ? text.Slice(0, text.Length - suffix.Length) : text,
        "join" => TemplateValue.Joined(TemplateValue.Items(arguments.Required(0, name)), text, budget),
        "find" => (long)text.Text.IndexOf(TemplateValue.Text(arguments.Required(0, name)).Text, StringComparison.Ordinal),
        "count" => TemplateValue.Text(arguments.Required(0, name)).Text is { Length: > 0 } part ? (long)text.Text.AsSpan().Count(part) : throw NoMethod(text, "count of an empty text"),
        "isdigit" => text.Length > 0 && text.Text.All(char.IsDigit),
        _ => throw NoMethod(text, name),
    };

    private static object? OfMap(TemplateMap map, string name, CallValues arguments, TemplateBudget budget) => name switch
    {
        "items" => Entries(map),
        "keys" => map.Entries.Select(object? (entry) => entry.Key).ToList(),
        "values" => map.Entries.Select(entry => entry.Value).ToList(),
        "get" => TemplateValue.Text(arguments.Required(0, name)).Text is var key && map.Contains(key) ? map[key]
            : arguments.Optional(1, "default") is not Undefined and var other ? other : null,
        "dictsort" => Sorted(map, arguments, budget),
        _ => throw NoMethod(map, name),
    };

    private static List<object?> Entries(TemplateMap map) => [.. map.Entries.Select(object? (entry) => new List<object?> { entry.Key, entry.Value })];

    private static bool Any(object? wanted, Func<string, StringComparison, bool> holds) => wanted is List<object?> several
        ? several.Exists(one => holds(TemplateValue.Text(one).Text, StringComparison.Ordinal))
        : holds(TemplateValue.Text(wanted).Text, StringComparison.Ordinal);

    private static ChatTemplateException NoMethod(object? target, string name) => new($"Chat template: {TemplateValue.Name(target)} has no method '{name}'.");

    private static List<object?> Split(MarkedText text, CallValues arguments, TemplateBudget budget)
    {
        budget.Text(text.Length);
        var most = arguments.Optional(1, "maxsplit") is not Undefined and var given && TemplateValue.Number(given) is >= 0 and var limit ? limit : long.MaxValue;
        return arguments.Optional(0, "sep") switch
        {
            MarkedText { Length: > 0 } separator => SplitAt(text, separator.Text, most, budget),
            Undefined or null => SplitWords(text, most, budget),
            _ => throw new ChatTemplateException("Chat template: 'split' needs a separator that is not empty."),
        };
    }

    private static List<object?> SplitAt(MarkedText text, string separator, long most, TemplateBudget budget)
    {
        List<object?> parts = [];
        var done = 0;
        for (int found; parts.Count < most && (found = text.Text.IndexOf(separator, done, StringComparison.Ordinal)) >= 0; done = found + separator.Length)
        {
            budget.Step();
            parts.Add(text.Slice(done, found - done));
        }

        parts.Add(text.Slice(done, text.Length - done));
        return parts;
    }

    private static List<object?> SplitWords(MarkedText text, long most, TemplateBudget budget)
    {
        List<object?> parts = [];
        text = Trim(text, start: true, end: false);
        for (var start = 0; start < text.Length; start++)
        {
            var from = start;
            while (start < text.Length && !s_blanks.Contains(text.Text[start]))
            {
                start++;
            }

            if (start > from)
            {
                budget.Step();
                if (parts.Count >= most)
                {
                    parts.Add(text.Slice(from, text.Length - from));
                    break;
                }

                parts.Add(text.Slice(from, start - from));
            }
        }

        return parts;
    }

    private static List<object?> SplitLines(MarkedText text, TemplateBudget budget)
    {
        budget.Text(text.Length);
        List<object?> lines = [];
        for (var done = 0; done < text.Length;)
        {
            budget.Step();
            var at = text.Text.AsSpan(done).IndexOfAny('\n', '\r');
            var end = at < 0 ? text.Length : done + at;
            lines.Add(text.Slice(done, end - done));
            done = end + 1 < text.Length && text.Text[end] == '\r' && text.Text[end + 1] == '\n' ? end + 2 : end + 1;
        }

        return lines;
    }

    /// <summary>Replacing the empty text puts the other one before each character and at the end.</summary>
    private static MarkedText ReplaceNothing(MarkedText text, MarkedText with, long count, TemplateBudget budget)
    {
        budget.Step(text.Length);
        budget.Text(text.Length + ((text.Length + 1) * (long)with.Length));
        TemplateBudget.Output(text.Length + ((text.Length + 1) * (long)with.Length));
        var result = new MarkedText.Builder();
        foreach (var character in TemplateValue.Characters(text))
        {
            _ = count-- > 0 ? result.Append(with) : result;
            result.Append((MarkedText)character!); // characters are texts
        }

        return (count > 0 ? result.Append(with) : result).Build();
    }
}

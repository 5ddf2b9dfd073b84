using System.Collections.Frozen;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>Python's methods of texts and maps that chat templates call.</summary>
internal static class TemplateMethods
{
    private static readonly FrozenSet<string> s_known = FrozenSet.ToFrozenSet(
        ["strip", "lstrip", "rstrip", "startswith", "endswith", "split", "upper", "lower", "replace", "items", "keys", "values", "get"], StringComparer.Ordinal);

    public static bool IsKnown(string name) => s_known.Contains(name);

    public static object? Call(object? target, string name, CallValues arguments, TemplateBudget budget)
    {
        return target switch
        {
            MarkedText text => OfText(text, name, arguments, budget),
            TemplateMap map => OfMap(map, name, arguments),
            _ => throw NoMethod(target, name),
        };
    }

    /// <summary>Takes white space, or the characters of the first argument, from the ends.</summary>
    public static MarkedText Trim(MarkedText text, CallValues arguments, bool start, bool end)
    {
        var characters = arguments.Optional(0, "chars") is MarkedText given ? given.Text : null;
        var from = 0;
        var to = text.Length;
        while (start && from < to && Belongs(text.Text[from], characters))
        {
            from++;
        }

        while (end && to > from && Belongs(text.Text[to - 1], characters))
        {
            to--;
        }

        return text.Slice(from, to - from);
    }

    // Python's str.strip() also takes the separators 1C to 1F, which Unicode does not call white space.
    private static bool Belongs(char unit, string? characters) =>
        characters is null ? char.IsWhiteSpace(unit) || unit is >= '\u001C' and <= '\u001F' : characters.Contains(unit, StringComparison.Ordinal);

    private static object OfText(MarkedText text, string name, CallValues arguments, TemplateBudget budget) => name switch
    {
        "strip" => Trim(text, arguments, start: true, end: true),
        "lstrip" => Trim(text, arguments, start: true, end: false),
        "rstrip" => Trim(text, arguments, start: false, end: true),
        "startswith" => text.Text.StartsWith(TemplateValue.Text(arguments.Required(0, name)).Text, StringComparison.Ordinal),
        "endswith" => text.Text.EndsWith(TemplateValue.Text(arguments.Required(0, name)).Text, StringComparison.Ordinal),
        "split" => Split(text, arguments, budget),
        "upper" => text.Map(value => value.ToUpperInvariant()),
        "lower" => text.Map(value => value.ToLowerInvariant()),
        "replace" => Replace(text, TemplateValue.Text(arguments.Required(0, name)).Text, TemplateValue.Text(arguments.Required(1, name)), budget),
        _ => throw NoMethod(text, name),
    };

    private static object? OfMap(TemplateMap map, string name, CallValues arguments) => name switch
    {
        "items" => map.Entries.Select(object? (entry) => new List<object?> { MarkedText.Literal(entry.Key), entry.Value }).ToList(),
        "keys" => map.Entries.Select(object? (entry) => MarkedText.Literal(entry.Key)).ToList(),
        "values" => map.Entries.Select(entry => entry.Value).ToList(),
        "get" => TemplateValue.Text(arguments.Required(0, name)).Text is var key && map.Contains(key) ? map[key]
            : arguments.Optional(1, "default") is not Undefined and var other ? other : null,
        _ => throw NoMethod(map, name),
    };

    private static ChatTemplateException NoMethod(object? target, string name) => new($"Chat template: {TemplateValue.Name(target)} has no method '{name}'.");

    private static List<object?> Split(MarkedText text, CallValues arguments, TemplateBudget budget)
    {
        if (arguments.Positional.Length > 1 || arguments.Optional(0, "sep") is not (MarkedText { Length: > 0 } or Undefined or null) and var given)
        {
            throw new ChatTemplateException("Chat template: this form of 'split' is not supported.");
        }

        budget.Text(text.Length);
        List<object?> parts = [];
        if (arguments.Optional(0, "sep") is MarkedText separator)
        {
            foreach (var range in text.Text.AsSpan().Split(separator.Text))
            {
                budget.Step();
                var (offset, length) = range.GetOffsetAndLength(text.Length);
                parts.Add(text.Slice(offset, length));
            }

            return parts;
        }

        for (var start = 0; start < text.Length; start++)
        {
            var from = start;
            while (start < text.Length && !Belongs(text.Text[start], characters: null))
            {
                start++;
            }

            if (start > from)
            {
                budget.Step();
                parts.Add(text.Slice(from, start - from));
            }
        }

        return parts;
    }

    private static MarkedText Replace(MarkedText text, string old, MarkedText with, TemplateBudget budget)
    {
        if (old.Length == 0)
        {
            throw new ChatTemplateException("Chat template: 'replace' of an empty text is not supported.");
        }

        var result = new MarkedText.Builder();
        var done = 0;
        for (int found; (found = text.Text.IndexOf(old, done, StringComparison.Ordinal)) >= 0; done = found + old.Length)
        {
            budget.Step();
            budget.Text(found - done + (long)with.Length);
            TemplateBudget.Output(result.Length + (found - done) + (long)with.Length);
            result.Append(text.Slice(done, found - done)).Append(with);
        }

        budget.Text(result.Length + (long)text.Length - done);
        return done == 0 ? text : result.Append(text.Slice(done, text.Length - done)).Build();
    }
}

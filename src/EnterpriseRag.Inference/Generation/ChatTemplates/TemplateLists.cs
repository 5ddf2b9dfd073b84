namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>The filters of lists.</summary>
internal static class TemplateLists
{
    /// <summary>A stable sort; texts by code unit, without regard to case unless asked.</summary>
    public static List<object?> Sort(List<object?> items, Func<object?, object?> key, bool caseSensitive, bool reverse, TemplateBudget budget)
    {
        for (var rounds = (int)Math.Log2(items.Count + 2); rounds > 0; rounds--)
        {
            budget.Pass(items);
        }

        var order = Comparer<object?>.Create((left, right) => TemplateValue.Compare(left, right, ignoresCase: !caseSensitive));
        try
        {
            return [.. reverse ? items.OrderByDescending(key, order) : items.OrderBy(key, order)];
        }
        catch (InvalidOperationException e) when (e.InnerException is ChatTemplateException refused)
        {
            throw new ChatTemplateException(refused.Message);
        }
    }

    public static List<object?> Sort(List<object?> items, CallValues arguments, TemplateBudget budget)
    {
        var attribute = arguments.Optional(2, "attribute");
        return Sort(items, item => attribute is Undefined or null ? item : Attribute(item, attribute), arguments.Flag(1, "case_sensitive"), arguments.Flag(0, "reverse"), budget);
    }

    public static List<object?> Unique(List<object?> items, TemplateBudget budget)
    {
        List<object?> seen = [];
        foreach (var item in items)
        {
            budget.Step(1 + (seen.Count / 16));
            if (!seen.Exists(other => TemplateValue.AreSame(other, item)))
            {
                seen.Add(item);
            }
        }

        return seen;
    }

    /// <summary><c>selectattr</c> and <c>rejectattr</c>: without the attribute an item does not pass the test.</summary>
    public static List<object?> WhereAttribute(List<object?> items, CallValues arguments, bool selects)
    {
        var name = TemplateValue.Text(arguments.Required(0, selects ? "selectattr" : "rejectattr")).Text;
        return items.FindAll(item => (item switch
        {
            TemplateMap map => map.Contains(name) && Passes(map[name], arguments, 1),
            TemplateNamespace space => space.Entries.Contains(name) && Passes(space.Entries[name], arguments, 1),
            _ => false,
        }) == selects);
    }

    /// <summary><c>select</c> and <c>reject</c>.</summary>
    public static List<object?> Where(List<object?> items, CallValues arguments, bool selects) => items.FindAll(item => Passes(item, arguments, 0) == selects);

    /// <summary><c>map</c>: an attribute of each item, or another filter applied to it.</summary>
    public static List<object?> Map(List<object?> items, CallValues arguments, TemplateBudget budget)
    {
        if (arguments.Named.TryGetValue("attribute", out var attribute))
        {
            var missing = arguments.Named.GetValueOrDefault("default", Undefined.Value);
            return [.. items.Select(item => Attribute(item, attribute) is not Undefined and var value ? value : missing)];
        }

        var filter = TemplateValue.Text(arguments.Required(0, "map")).Text;
        if (!TemplateFilters.IsKnown(filter))
        {
            throw new ChatTemplateException($"Chat template: the filter '{filter}' is not supported here.");
        }

        var further = new CallValues(arguments.Positional[1..], arguments.Named);
        return [.. items.Select(item =>
        {
            budget.Pass(item);
            return TemplateFilters.Apply(item, filter, further, budget);
        })];
    }

    /// <summary>The greatest or least item; undefined of an empty list.</summary>
    public static object? Extreme(List<object?> items, CallValues arguments, int sign)
    {
        var attribute = arguments.Optional(1, "attribute");
        var (best, key) = ((object?)Undefined.Value, (object?)null);
        foreach (var item in items)
        {
            var own = attribute is Undefined or null ? item : Attribute(item, attribute);
            if (best is Undefined || TemplateValue.Compare(own, key, ignoresCase: !arguments.Flag(0, "case_sensitive")) * sign > 0)
            {
                (best, key) = (item, own);
            }
        }

        return best;
    }

    /// <summary>Lists of so many items; the last is filled up when there is something to fill it with.</summary>
    public static List<object?> Batch(List<object?> items, CallValues arguments)
    {
        var size = TemplateValue.Integer(arguments.Required(0, "batch"));
        if (size is < 1 or > 1_000_000)
        {
            throw new ChatTemplateException("Chat template: 'batch' needs a size of at least 1.");
        }

        List<object?> batches = [.. items.Chunk(size).Select(object? (chunk) => new List<object?>(chunk))];
        if (arguments.Optional(1, "fill_with") is { } filling and not Undefined && batches is [.., List<object?> last])
        {
            last.AddRange(Enumerable.Repeat<object?>(filling, Math.Min(size, 10_000) - last.Count is > 0 and var missing ? missing : 0));
        }

        return batches;
    }

    private static bool Passes(object? value, CallValues arguments, int at)
    {
        if (arguments.Positional.Length <= at)
        {
            return TemplateValue.IsTrue(value);
        }

        var test = TemplateValue.Text(arguments.Positional[at]).Text;
        return TemplateTests.IsKnown(test)
            ? TemplateTests.Holds(value, test, arguments.Positional.Length > at + 1 ? arguments.Positional[at + 1] : Undefined.Value)
            : throw new ChatTemplateException($"Chat template: the test '{test}' is not supported here.");
    }

    /// <summary>The part that a path such as <c>function.name</c> or <c>parts.0</c> leads to.</summary>
    private static object? Attribute(object? item, object? path)
    {
        var text = path is long index ? TemplateNumber.Print(index) : TemplateValue.Text(path).Text;
        foreach (var name in text.Split('.'))
        {
            item = item switch
            {
                TemplateMap map => map[name],
                TemplateNamespace space => space.Entries[name],
                List<object?> list when TemplateNumber.ParseInteger(name) is >= 0 and var at && at < list.Count => list[(int)at],
                _ => Undefined.Value,
            };
        }

        return item;
    }
}

using System.Runtime.CompilerServices;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>Values of expressions.</summary>
internal sealed partial class TemplateEvaluator
{
    private object? Evaluate(Expression expression)
    {
        _budget.Step();
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new ChatTemplateException("Chat template: expressions and macros nested too deeply.");
        }

        return expression switch
        {
            Constant constant => constant.Value,
            Variable variable => _scope[variable.Name],
            ListLiteral list => list.Items.Select(Evaluate).ToList(),
            MapLiteral map => MakeMap(map),
            Member member => MemberOf(Evaluate(member.Target), member.Name),
            Element element => ElementOf(Evaluate(element.Target), Evaluate(element.Index), element.Line),
            Slice slice => SliceOf(slice),
            Call call => Invoke(call),
            Filter filter => TemplateFilters.Apply(Pass(Evaluate(filter.Target)), filter.Name, Evaluate(filter.Arguments), _budget),
            Test test => TemplateTests.Holds(Pass(Evaluate(test.Target)), test.Name, test.Argument is null ? Undefined.Value : Pass(Evaluate(test.Argument))),
            Unary unary => unary.Operator is "not" ? !TemplateValue.IsTrue(Evaluate(unary.Operand)) : TemplateArithmetic.Negate(Evaluate(unary.Operand)),
            Binary binary => Join(binary),
            Conditional choice => TemplateValue.IsTrue(Evaluate(choice.Condition)) ? Evaluate(choice.Then) : choice.Else is null ? Undefined.Value : Evaluate(choice.Else),
            _ => throw new InvalidOperationException($"No rule for {expression.GetType().Name}."),
        };
    }

    /// <summary>The value, paid for as one that is gone through as a whole.</summary>
    private object? Pass(object? value)
    {
        _budget.Pass(value);
        return value;
    }

    private CallValues Evaluate(Arguments arguments)
    {
        Dictionary<string, object?> named = new(StringComparer.Ordinal);
        foreach (var (name, value) in arguments.Named)
        {
            named[name] = Evaluate(value);
        }

        if (arguments.Map is { } map)
        {
            foreach (var (key, value) in Evaluate(map) is TemplateMap spread ? spread.Entries : throw Wrong(map.Line, "what stands after '**' is no map"))
            {
                // Names carry no marks, so content must not become one.
                named[key.HasContent ? throw Wrong(map.Line, "the name of an argument must be the template's own") : key.Text] = value;
            }
        }

        List<object?> positional = [.. arguments.Positional.Select(Evaluate)];
        if (arguments.List is { } list)
        {
            positional.AddRange(Pass(Evaluate(list)) as List<object?> ?? throw Wrong(list.Line, "what stands after '*' is no list"));
        }

        return new CallValues([.. positional], named);
    }

    private object? Invoke(Call call)
    {
        if (call.Callee is Member method && Evaluate(method.Target) is var target && MemberOf(target, method.Name) is not TemplateFunction)
        {
            return TemplateMethods.Call(Pass(target), method.Name, Evaluate(call.Arguments), _budget);
        }

        if (Evaluate(call.Callee) is TemplateFunction function)
        {
            return function.Call(Evaluate(call.Arguments), _scope);
        }

        throw Wrong(call.Line, call.Callee is Variable name ? $"the function '{name.Name}' is not supported" : "what is called is no function");
    }

    private TemplateMap MakeMap(MapLiteral literal)
    {
        var map = new TemplateMap();
        foreach (var (key, value) in literal.Entries)
        {
            map.Set(Evaluate(key) as MarkedText ?? throw Wrong(literal.Line, "a key of a map must be a text"), Evaluate(value));
        }

        return map;
    }

    // As in the reference, a part of nothing is nothing and 'length' is a member, too.
    private static object? MemberOf(object? target, string name) => target switch
    {
        TemplateMap map => map[name],
        TemplateNamespace space => space.Entries[name],
        MarkedText text when name is "length" => (long)text.Length,
        List<object?> list when name is "length" => (long)list.Count,
        _ => Undefined.Value,
    };

    private static object? ElementOf(object? target, object? index, int line)
    {
        switch (target, index)
        {
            case (List<object?> list, long or bool):
                var at = Wrap(TemplateValue.Integer(index), list.Count);
                return at >= 0 && at < list.Count ? list[at] : Undefined.Value;
            case (MarkedText text, long or bool):
                var unit = Wrap(TemplateValue.Integer(index), text.Length);
                return unit >= 0 && unit < text.Length ? text.Slice(unit, 1) : Undefined.Value;
            case (_, MarkedText name):
                return MemberOf(target, name.Text);
            case (Undefined or null, _):
                throw Wrong(line, "a part is asked of a value that is not there");
            default:
                return Undefined.Value;
        }
    }

    private static int Wrap(int index, int count) => index < 0 ? index + count : index;

    private object? SliceOf(Slice slice)
    {
        var target = Evaluate(slice.Target);
        var items = target switch
        {
            List<object?> list => list,
            MarkedText text when !text.Text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') => null, // taken without dividing it
            MarkedText text => TemplateValue.Characters(text),
            _ => throw Wrong(slice.Line, $"{TemplateValue.Name(target)} cannot be sliced"),
        };
        _budget.Step((items?.Count ?? 0) / 4);
        var step = Bound(slice.Step) ?? 1;
        var count = items?.Count ?? ((MarkedText)target!).Length; // a text: see above
        if (step == 0)
        {
            throw Wrong(slice.Line, "a slice cannot have step 0");
        }

        // Python's rule: bounds count from the end when negative and are cut to what is there.
        var (low, high) = step > 0 ? (0, count) : (-1, count - 1);
        var from = Bound(slice.From) is { } f ? Math.Clamp(Wrap(f, count), low, high) : step > 0 ? low : high;
        var to = Bound(slice.To) is { } t ? Math.Clamp(Wrap(t, count), low, high) : step > 0 ? high : low;
        _budget.Step(count / 64);
        if (items is null && step == 1)
        {
            return ((MarkedText)target!).Slice(from, Math.Max(0, to - from));
        }

        items ??= TemplateValue.Characters((MarkedText)target!);
        List<object?> result = [];
        for (long i = from; step > 0 ? i < to : i > to; i += step)
        {
            result.Add(items[(int)i]);
        }

        return target is MarkedText ? TemplateValue.Joined(result, MarkedText.Empty, _budget) : result;
    }

    private int? Bound(Expression? bound) => bound is null || Evaluate(bound) is not ({ } value and not Undefined) ? null : TemplateValue.Integer(value);

    private object? Join(Binary binary)
    {
        var left = Evaluate(binary.Left);
        switch (binary.Operator)
        {
            case "and":
                return TemplateValue.IsTrue(left) ? Evaluate(binary.Right) : left;
            case "or":
                return TemplateValue.IsTrue(left) ? left : Evaluate(binary.Right);
        }

        var right = Pass(Evaluate(binary.Right));
        _budget.Pass(left);
        return binary.Operator switch
        {
            "==" => TemplateValue.AreEqual(left, right),
            "!=" => !TemplateValue.AreEqual(left, right),
            "<" => TemplateValue.Compare(left, right) < 0,
            ">" => TemplateValue.Compare(left, right) > 0,
            "<=" => TemplateValue.Compare(left, right) <= 0,
            ">=" => TemplateValue.Compare(left, right) >= 0,
            "in" => TemplateTests.IsIn(left, right),
            "not in" => !TemplateTests.IsIn(left, right),
            "~" => Concatenate(left, right),
            "+" => Add(left, right, binary.Line),
            "*" when (left, right) is (MarkedText, long) or (long, MarkedText) => Repeat(left as MarkedText ?? (MarkedText)right!, left is long n ? n : (long)right!), // matched
            _ => TemplateArithmetic.Calculate(binary.Operator, left, right),
        };
    }

    private object Add(object? left, object? right, int line)
    {
        switch (left, right)
        {
            case (null or Undefined, _) or (_, null or Undefined):
                throw Wrong(line, $"{TemplateValue.Name(left)} and {TemplateValue.Name(right)} cannot be added");
            case (MarkedText, _) or (_, MarkedText):
                return Concatenate(left, right);
            case (List<object?> a, List<object?> b):
                return new List<object?>([.. a, .. b]);
            default:
                return TemplateArithmetic.Calculate("+", left, right);
        }
    }

    private MarkedText Concatenate(object? left, object? right)
    {
        var (start, end) = (TemplateValue.Joined(left, _budget), TemplateValue.Joined(right, _budget));
        _budget.Text(start.Length + (long)end.Length);
        return new MarkedText.Builder().Append(start).Append(end).Build();
    }

    private MarkedText Repeat(MarkedText text, long times)
    {
        var result = new MarkedText.Builder();
        for (; times > 0 && text.Length > 0; times--)
        {
            _budget.Step();
            _budget.Text(text.Length);
            TemplateBudget.Output(result.Length + (long)text.Length);
            result.Append(text);
        }

        return result.Build();
    }
}

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>Values of expressions.</summary>
internal sealed partial class TemplateEvaluator
{
    private object? Evaluate(Expression expression)
    {
        _budget.Step();
        return expression switch
        {
            Constant constant => constant.Value,
            Variable variable => _scope[variable.Name],
            ListLiteral list => list.Items.Select(Evaluate).ToList(),
            MapLiteral map => MakeMap(map),
            Member member => MemberOf(Evaluate(member.Target), member.Name, member.Line),
            Element element => ElementOf(Evaluate(element.Target), Evaluate(element.Index), element.Line),
            Slice slice => SliceOf(slice),
            FunctionCall call => CallFunction(call),
            MethodCall call => TemplateMethods.Call(Pass(Evaluate(call.Target)), call.Name, Evaluate(call.Arguments), _budget),
            Filter filter => TemplateFilters.Apply(Pass(Evaluate(filter.Target)), filter.Name, Evaluate(filter.Arguments), _budget),
            Test test => TemplateTests.Holds(Pass(Evaluate(test.Target)), test.Name, test.Argument is null ? null : Pass(Evaluate(test.Argument))),
            Unary unary => unary.Operator is "not" ? !TemplateValue.IsTrue(Evaluate(unary.Operand)) : -TemplateValue.Number(Evaluate(unary.Operand)),
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

        return new CallValues([.. arguments.Positional.Select(Evaluate)], named);
    }

    private TemplateMap MakeMap(MapLiteral literal)
    {
        var map = new TemplateMap();
        foreach (var (key, value) in literal.Entries)
        {
            // Keys carry no marks, so content must not become one.
            map[Evaluate(key) is MarkedText { HasContent: false } name ? name.Text : throw Wrong(literal.Line, "a key of a map must be a text of the template")] = Evaluate(value);
        }

        return map;
    }

    private static object? MemberOf(object? target, string name, int line) => target switch
    {
        TemplateMap map => map[name],
        TemplateNamespace space => space.Entries.TryGetValue(name, out var value) ? value : Undefined.Value,
        Undefined => throw Wrong(line, $"'{name}' is asked of a value that is not defined"),
        _ => Undefined.Value,
    };

    private static object? ElementOf(object? target, object? index, int line)
    {
        switch (target, index)
        {
            case (TemplateMap or TemplateNamespace, MarkedText name):
                return MemberOf(target, name.Text, line);
            case (List<object?> list, long or bool):
                var at = Wrap(TemplateValue.Integer(index), list.Count);
                return at >= 0 && at < list.Count ? list[at] : Undefined.Value;
            case (MarkedText text, long or bool):
                var unit = Wrap(TemplateValue.Integer(index), text.Length);
                return unit >= 0 && unit < text.Length ? text.Slice(unit, 1) : Undefined.Value;
            case (Undefined, _):
                throw Wrong(line, "a part is asked of a value that is not defined");
            default:
                return Undefined.Value;
        }
    }

    private static int Wrap(int index, int count) => index < 0 ? index + count : index;

    private object? SliceOf(Slice slice)
    {
        var target = Evaluate(slice.Target);
        var step = Bound(slice.Step) ?? 1;
        var count = target switch
        {
            List<object?> list => list.Count,
            MarkedText text => text.Length,
            _ => throw Wrong(slice.Line, $"{TemplateValue.Name(target)} cannot be sliced"),
        };
        if (step == 0)
        {
            throw Wrong(slice.Line, "a slice cannot have step 0");
        }

        // Python's rule: bounds count from the end when negative and are cut to what is there.
        var (low, high) = step > 0 ? (0, count) : (-1, count - 1);
        var from = Bound(slice.From) is { } f ? Math.Clamp(Wrap(f, count), low, high) : step > 0 ? low : high;
        var to = Bound(slice.To) is { } t ? Math.Clamp(Wrap(t, count), low, high) : step > 0 ? high : low;
        _budget.Step(count / 64);
        if (target is MarkedText source)
        {
            return step == 1 ? source.Slice(from, Math.Max(0, to - from)) : throw Wrong(slice.Line, "a text can be sliced with step 1 only");
        }

        List<object?> result = [];
        for (long i = from; step > 0 ? i < to : i > to; i += step)
        {
            result.Add(((List<object?>)target)[(int)i]);
        }

        return result;
    }

    private int? Bound(Expression? bound) => bound is null || Evaluate(bound) is not { } value ? null : TemplateValue.Integer(value);

    private object? CallFunction(FunctionCall call)
    {
        var arguments = Evaluate(call.Arguments);
        switch (call.Name)
        {
            case "namespace":
                var space = new TemplateNamespace();
                foreach (var (name, value) in arguments.Named)
                {
                    space.Entries[name] = value;
                }

                return space;
            case "raise_exception":
                throw new ChatTemplateException($"The chat template refuses these messages: {TemplateValue.Text(arguments.Required(0, call.Name)).Text}");
            case "range":
                var first = arguments.Positional.Length > 1 ? TemplateValue.Integer(arguments.Positional[0]) : 0;
                var end = TemplateValue.Integer(arguments.Required(arguments.Positional.Length > 1 ? 1 : 0, call.Name));
                var count = (int)Math.Clamp((long)end - first, 0, int.MaxValue / 2);
                _budget.Step(count);
                return Enumerable.Range(0, count).Select(object? (i) => (long)first + i).ToList();
            default:
                throw Wrong(call.Line, $"the function '{call.Name}' is not supported");
        }
    }

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
            "~" => Concatenate(TemplateValue.Print(left), TemplateValue.Print(right)),
            "+" => Add(left, right, binary.Line),
            _ => Calculate(binary.Operator, TemplateValue.Number(left), TemplateValue.Number(right), binary.Line),
        };
    }

    private object Add(object? left, object? right, int line)
    {
        switch (left, right)
        {
            case (MarkedText a, MarkedText b):
                return Concatenate(a, b);
            case (List<object?> a, List<object?> b):
                return new List<object?>([.. a, .. b]);
            case (bool or long, bool or long):
                return Calculate("+", TemplateValue.Number(left), TemplateValue.Number(right), line);
            default:
                throw Wrong(line, $"{TemplateValue.Name(left)} and {TemplateValue.Name(right)} cannot be added");
        }
    }

    private MarkedText Concatenate(MarkedText left, MarkedText right)
    {
        _budget.Text(left.Length + (long)right.Length);
        return new MarkedText.Builder().Append(left).Append(right).Build();
    }

    private static long Calculate(string name, long left, long right, int line)
    {
        try
        {
            return name switch
            {
                "+" => checked(left + right),
                "-" => checked(left - right),
                "*" => checked(left * right),
                "//" => checked((left / right) - (left % right != 0 && (left < 0) != (right < 0) ? 1 : 0)),
                "%" => left % right is var rest && rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest,
                _ => throw Wrong(line, $"the operator '{name}' is not supported"),
            };
        }
        catch (ArithmeticException)
        {
            throw Wrong(line, "a calculation overflows or divides by zero");
        }
    }
}

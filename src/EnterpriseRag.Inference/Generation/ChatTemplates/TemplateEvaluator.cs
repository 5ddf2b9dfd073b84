using System.Collections.Immutable;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>Runs the statements of a template once; expressions are in the other part of this class.</summary>
internal sealed partial class TemplateEvaluator(TemplateScope globals)
{
    private readonly TemplateBudget _budget = new();
    private readonly MarkedText.Builder _output = new();
    private TemplateScope _scope = globals;

    /// <summary>How a body ended.</summary>
    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public MarkedText Render(ImmutableArray<Statement> body)
    {
        Run(body);
        return _output.Build();
    }

    private Flow Run(ImmutableArray<Statement> body)
    {
        foreach (var statement in body)
        {
            _budget.Step();
            var flow = Run(statement);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private Flow Run(Statement statement)
    {
        switch (statement)
        {
            case TextStatement text:
                Write(text.Text);
                return Flow.Next;
            case OutputStatement output:
                Write(TemplateValue.Print(Evaluate(output.Value)));
                return Flow.Next;
            case IfStatement choice:
                return RunIf(choice);
            case ForStatement loop:
                RunFor(loop);
                return Flow.Next;
            case SetStatement set:
                RunSet(set);
                return Flow.Next;
            case BreakStatement:
                return Flow.Break;
            case ContinueStatement:
                return Flow.Continue;
            default:
                throw new InvalidOperationException($"No rule for {statement.GetType().Name}.");
        }
    }

    private void Write(MarkedText text)
    {
        TemplateBudget.Output(_output.Length + (long)text.Length);
        _output.Append(text);
    }

    private Flow RunIf(IfStatement choice)
    {
        foreach (var (condition, body) in choice.Branches)
        {
            if (TemplateValue.IsTrue(Evaluate(condition)))
            {
                return Run(body);
            }
        }

        return Run(choice.Else);
    }

    private void RunFor(ForStatement loop)
    {
        var source = Evaluate(loop.Items);
        _budget.Step(source is MarkedText text ? text.Length : 0);
        var items = TemplateValue.Items(source);
        var outer = _scope;
        try
        {
            items = loop.Condition is { } condition ? items.FindAll(item => Holds(loop, item, condition, outer)) : items;
            if (items.Count == 0)
            {
                Run(loop.Else);
            }

            for (var i = 0; i < items.Count; i++)
            {
                _budget.Step();
                _scope = new TemplateScope(outer);
                Bind(loop, items[i]);
                _scope["loop"] = LoopVariable(items, i);
                if (Run(loop.Body) == Flow.Break)
                {
                    break;
                }
            }
        }
        finally
        {
            _scope = outer;
        }
    }

    private bool Holds(ForStatement loop, object? item, Expression condition, TemplateScope outer)
    {
        _scope = new TemplateScope(outer);
        Bind(loop, item);
        var holds = TemplateValue.IsTrue(Evaluate(condition));
        _scope = outer;
        return holds;
    }

    private void Bind(ForStatement loop, object? item)
    {
        if (loop.Targets is [var only])
        {
            _scope[only] = item;
            return;
        }

        if (item is not List<object?> parts || parts.Count != loop.Targets.Length)
        {
            throw Wrong(loop.Line, "the parts of a loop's item do not match its names");
        }

        for (var i = 0; i < parts.Count; i++)
        {
            _scope[loop.Targets[i]] = parts[i];
        }
    }

    private static TemplateMap LoopVariable(List<object?> items, int index) => new()
    {
        ["index"] = (long)index + 1,
        ["index0"] = (long)index,
        ["revindex"] = (long)items.Count - index,
        ["revindex0"] = (long)items.Count - index - 1,
        ["first"] = index == 0,
        ["last"] = index == items.Count - 1,
        ["length"] = (long)items.Count,
        ["previtem"] = index > 0 ? items[index - 1] : Undefined.Value,
        ["nextitem"] = index + 1 < items.Count ? items[index + 1] : Undefined.Value,
    };

    private void RunSet(SetStatement set)
    {
        var value = Evaluate(set.Value);
        if (set.Attribute is null)
        {
            _scope[set.Name] = value;
        }
        else if (_scope[set.Name] is TemplateNamespace target)
        {
            target.Entries[set.Attribute] = value;
        }
        else
        {
            throw Wrong(set.Line, $"'{set.Name}' is not a namespace, so its '{set.Attribute}' cannot be set");
        }
    }

    private static ChatTemplateException Wrong(int line, string what) => new($"Chat template, line {line}: {what}.");
}

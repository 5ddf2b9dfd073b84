using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>
/// Runs the statements of a template once; expressions and macros are in the other parts of this class. As in @huggingface/jinja a loop has one scope for all
/// its turns, a macro sees its caller's variables, and break and continue take back what their turn has written.
/// </summary>
internal sealed partial class TemplateEvaluator(TemplateScope globals)
{
    private readonly TemplateBudget _budget = new();
    private MarkedText.Builder _output = new();
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
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new ChatTemplateException("Chat template: blocks and macros nested too deeply.");
        }

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
                Write(TemplateValue.Print(Evaluate(output.Value), _budget));
                return Flow.Next;
            case IfStatement choice:
                return RunIf(choice);
            case ForStatement loop:
                RunFor(loop);
                return Flow.Next;
            case SetStatement set:
                Assign(set.Names, set.Attribute, Evaluate(set.Value), set.Line);
                return Flow.Next;
            case SetBlockStatement set:
                var flow = Capture(set.Body, out var block);
                Assign([set.Name], set.Attribute, Apply(set.Filters, block), set.Line);
                return flow;
            case FilterStatement filter:
                var ended = Capture(filter.Body, out var captured);
                Write(TemplateValue.Print(Apply(filter.Filters, captured), _budget));
                return ended;
            case MacroStatement macro:
                _scope[macro.Name] = Macro(macro.Name, macro.Parameters, macro.Body, lexicalScope: null);
                return Flow.Next;
            case CallStatement call:
                RunCall(call);
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

    /// <summary>The text of statements, and how they ended.</summary>
    private Flow Capture(ImmutableArray<Statement> body, out MarkedText text)
    {
        var outer = _output;
        _output = new MarkedText.Builder();
        try
        {
            var flow = Run(body);
            _budget.Text(_output.Length);
            text = _output.Build();
            return flow;
        }
        finally
        {
            _output = outer;
        }
    }

    private object? Apply(ImmutableArray<Filter> filters, object? value)
    {
        foreach (var filter in filters)
        {
            value = TemplateFilters.Apply(Pass(value), filter.Name, Evaluate(filter.Arguments), _budget);
        }

        return value;
    }

    private void RunFor(ForStatement loop)
    {
        var source = Evaluate(loop.Items);
        if (source is MarkedText)
        {
            // A template that expects parts here would leave out the text: its letters have no parts.
            throw Wrong(loop.Line, "a loop over the letters of a text is not supported");
        }

        var items = TemplateValue.Items(source);
        var outer = _scope;
        try
        {
            items = loop.Condition is { } condition ? items.FindAll(item => Holds(loop, item, condition, outer)) : items;
            _scope = new TemplateScope(outer);
            var ranWhole = false;
            for (var i = 0; i < items.Count; i++)
            {
                _budget.Step();
                _scope["loop"] = LoopVariable(items, i);
                Bind(loop, items[i]);
                var written = _output.Length;
                var flow = Run(loop.Body);
                if (flow == Flow.Next)
                {
                    ranWhole = true;
                    continue;
                }

                _output.Truncate(written);
                if (flow == Flow.Break)
                {
                    break;
                }
            }

            if (!ranWhole)
            {
                Run(loop.Else);
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

    private void Assign(ImmutableArray<string> names, string? attribute, object? value, int line)
    {
        if (names.Length > 1)
        {
            if (value is not List<object?> parts || parts.Count != names.Length)
            {
                throw Wrong(line, "the parts of a value do not match the names it is set to");
            }

            for (var i = 0; i < parts.Count; i++)
            {
                _scope[names[i]] = parts[i];
            }
        }
        else if (attribute is null)
        {
            _scope[names[0]] = value;
        }
        else if (_scope[names[0]] is TemplateNamespace target)
        {
            target.Entries[attribute] = value;
        }
        else
        {
            throw Wrong(line, $"'{names[0]}' is not a namespace, so its '{attribute}' cannot be set");
        }
    }

    private static ChatTemplateException Wrong(int line, string what) => new($"Chat template, line {line}: {what}.");
}

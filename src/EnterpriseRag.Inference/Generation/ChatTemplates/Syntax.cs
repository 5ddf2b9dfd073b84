using System.Collections.Immutable;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>An expression of a template. <c>Depth</c> bounds the evaluator's recursion: chains such as a+a+a… nest to the left.</summary>
internal abstract record Expression(int Line)
{
    public const int MaxDepth = 150;

    public int Depth { get; private init; } = 1;

    /// <summary>The same expression knowing how deep its parts are.</summary>
    /// <exception cref="ChatTemplateException">Deeper than any sensible template.</exception>
    public Expression Over(params ReadOnlySpan<Expression?> parts)
    {
        var depth = 1;
        foreach (var part in parts)
        {
            depth = Math.Max(depth, 1 + (part?.Depth ?? 0));
        }

        return depth <= MaxDepth ? this with { Depth = depth } : throw new ChatTemplateException($"Chat template, line {Line}: the expression is nested too deeply.");
    }
}

internal sealed record Constant(object? Value, int Line) : Expression(Line);

internal sealed record Variable(string Name, int Line) : Expression(Line);

internal sealed record ListLiteral(ImmutableArray<Expression> Items, int Line) : Expression(Line);

internal sealed record MapLiteral(ImmutableArray<(Expression Key, Expression Value)> Entries, int Line) : Expression(Line);

/// <summary><c>target.name</c>.</summary>
internal sealed record Member(Expression Target, string Name, int Line) : Expression(Line);

/// <summary><c>target[index]</c>.</summary>
internal sealed record Element(Expression Target, Expression Index, int Line) : Expression(Line);

/// <summary><c>target[from:to:step]</c>.</summary>
internal sealed record Slice(Expression Target, Expression? From, Expression? To, Expression? Step, int Line) : Expression(Line);

/// <summary><c>callee(...)</c>: a function of the environment, a macro, or a method when the callee is a <see cref="Member"/>.</summary>
internal sealed record Call(Expression Callee, Arguments Arguments, int Line) : Expression(Line);

internal sealed record Filter(Expression Target, string Name, Arguments Arguments, int Line) : Expression(Line);

/// <summary><c>target is name</c>; negated by <see cref="Unary"/>.</summary>
internal sealed record Test(Expression Target, string Name, Expression? Argument, int Line) : Expression(Line);

internal sealed record Unary(string Operator, Expression Operand, int Line) : Expression(Line);

internal sealed record Binary(string Operator, Expression Left, Expression Right, int Line) : Expression(Line);

internal sealed record Conditional(Expression Condition, Expression Then, Expression? Else, int Line) : Expression(Line);

/// <summary>Arguments of a call, with <c>*list</c> after the positional and <c>**map</c> after the named ones.</summary>
internal sealed record Arguments(ImmutableArray<Expression> Positional, ImmutableArray<(string Name, Expression Value)> Named, Expression? List = null, Expression? Map = null)
{
    public static readonly Arguments None = new([], []);

    public Expression?[] All => [.. Positional, .. Named.Select(argument => argument.Value), List, Map];
}

/// <summary>The parameters of a macro or a caller's block, and whether its body asks for what they do not take.</summary>
internal sealed record Parameters(ImmutableArray<(string Name, Expression? Default)> Items, bool TakesFurther, bool TakesFurtherNamed);

/// <summary>A statement of a template.</summary>
internal abstract record Statement(int Line);

internal sealed record TextStatement(MarkedText Text, int Line) : Statement(Line);

internal sealed record OutputStatement(Expression Value, int Line) : Statement(Line);

internal sealed record IfStatement(ImmutableArray<(Expression Condition, ImmutableArray<Statement> Body)> Branches, ImmutableArray<Statement> Else, int Line) : Statement(Line);

internal sealed record ForStatement(
    ImmutableArray<string> Targets, Expression Items, Expression? Condition, ImmutableArray<Statement> Body, ImmutableArray<Statement> Else, int Line) : Statement(Line);

/// <summary><c>set a, b = value</c> or <c>set name.attribute = value</c>.</summary>
internal sealed record SetStatement(ImmutableArray<string> Names, string? Attribute, Expression Value, int Line) : Statement(Line);

/// <summary><c>set name</c> … <c>endset</c>, with the filters after the name.</summary>
internal sealed record SetBlockStatement(string Name, string? Attribute, ImmutableArray<Filter> Filters, ImmutableArray<Statement> Body, int Line) : Statement(Line);

internal sealed record MacroStatement(string Name, Parameters Parameters, ImmutableArray<Statement> Body, int Line) : Statement(Line);

/// <summary><c>call(parameters) macro(...)</c> … <c>endcall</c>: the macro gets the body as <c>caller</c>.</summary>
internal sealed record CallStatement(Parameters Parameters, Call Call, ImmutableArray<Statement> Body, int Line) : Statement(Line);

/// <summary><c>filter name</c> … <c>endfilter</c>.</summary>
internal sealed record FilterStatement(ImmutableArray<Filter> Filters, ImmutableArray<Statement> Body, int Line) : Statement(Line);

internal sealed record BreakStatement(int Line) : Statement(Line);

internal sealed record ContinueStatement(int Line) : Statement(Line);

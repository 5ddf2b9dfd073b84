using System.Collections.Immutable;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>Builds the statements of a template; expressions are in the other part of this class.</summary>
internal sealed partial class TemplateParser
{
    private const int MaxBlockDepth = 40;

    private readonly List<TemplateToken> _tokens;
    private int _position;
    private int _blockDepth;
    private int _loopDepth;
    private bool _namesFurther; // since the macro's beginning: its body asks for varargs, kwargs
    private bool _namesFurtherNamed;

    private TemplateParser(List<TemplateToken> tokens) => _tokens = tokens;

    private TemplateToken Current => _tokens[_position];

    /// <exception cref="ChatTemplateException">Not a template, or with a construct that is not known.</exception>
    public static ImmutableArray<Statement> Parse(List<TemplateToken> tokens)
    {
        var parser = new TemplateParser(tokens);
        var body = parser.Body();
        return parser.Current.Kind == TemplateTokenKind.End ? body : throw parser.Unknown($"'{parser._tokens[parser._position + 1].Text}' without its beginning");
    }

    /// <summary>Statements up to the end, or up to a block that does not begin a statement (endif, else…), which stays unread.</summary>
    private ImmutableArray<Statement> Body()
    {
        if (++_blockDepth > MaxBlockDepth)
        {
            throw Unknown("blocks nested so deeply");
        }

        var body = ImmutableArray.CreateBuilder<Statement>();
        while (Next() is { } statement)
        {
            body.Add(statement);
        }

        _blockDepth--;
        return body.ToImmutable();
    }

    private Statement? Next()
    {
        var token = Current;
        switch (token.Kind)
        {
            case TemplateTokenKind.Text:
                _position++;
                return new TextStatement(MarkedText.Literal(token.Text), token.Line);
            case TemplateTokenKind.OutputBegin:
                _position++;
                var value = ExpressionOrTuple();
                Take(TemplateTokenKind.OutputEnd);
                return new OutputStatement(value, token.Line);
            case TemplateTokenKind.BlockBegin when _tokens[_position + 1] is { Kind: TemplateTokenKind.Name, Text: not ("elif" or "else" or "endif" or "endfor" or "endset" or "endmacro" or "endcall" or "endfilter") }:
                _position++;
                return Block(Take(TemplateTokenKind.Name));
            default:
                return null;
        }
    }

    private Statement Block(TemplateToken name)
    {
        switch (name.Text)
        {
            case "if":
                return If(name.Line);
            case "for":
                return For(name.Line);
            case "set":
                return Set(name.Line);
            case "macro":
                return Macro(name.Line);
            case "call":
                return Call(name.Line);
            case "filter":
                return FilterBlock(name.Line);
            case "break" or "continue" when _loopDepth > 0:
                Take(TemplateTokenKind.BlockEnd);
                return name.Text is "break" ? new BreakStatement(name.Line) : new ContinueStatement(name.Line);
            default:
                throw Unknown($"the block '{name.Text}'");
        }
    }

    private IfStatement If(int line)
    {
        var branches = ImmutableArray.CreateBuilder<(Expression, ImmutableArray<Statement>)>();
        ImmutableArray<Statement> otherwise = [];
        string next;
        do
        {
            var condition = Expression();
            Take(TemplateTokenKind.BlockEnd);
            branches.Add((condition, Body()));
            next = TakeBlockName();
        }
        while (next is "elif");

        if (next is "else")
        {
            Take(TemplateTokenKind.BlockEnd);
            otherwise = Body();
            next = TakeBlockName();
        }

        Close(next, "endif");
        return new IfStatement(branches.ToImmutable(), otherwise, line);
    }

    private ForStatement For(int line)
    {
        var targets = Names();
        TakeName("in");
        var items = Or(); // without "… if …": that word begins the loop's condition, unless there is an else
        var condition = TryTakeName("if") ? Or() : null;
        if (condition is not null && TryTakeName("else"))
        {
            var otherwise = Expression();
            (items, condition) = (new Conditional(condition, items, otherwise, line).Over(condition, items, otherwise), null);
        }

        if (Current is { Kind: TemplateTokenKind.Name, Text: "recursive" })
        {
            throw Unknown("'recursive' of a loop");
        }

        Take(TemplateTokenKind.BlockEnd);
        _loopDepth++;
        var body = Body();
        _loopDepth--;
        ImmutableArray<Statement> empty = [];
        var next = TakeBlockName();
        if (next is "else")
        {
            Take(TemplateTokenKind.BlockEnd);
            empty = Body();
            next = TakeBlockName();
        }

        Close(next, "endfor");
        return new ForStatement(targets, items, condition, body, empty, line);
    }

    /// <summary>One name or several, also in parentheses.</summary>
    private ImmutableArray<string> Names()
    {
        var isGrouped = TryTakeOperator("(");
        var names = ImmutableArray.CreateBuilder<string>();
        do
        {
            names.Add(Take(TemplateTokenKind.Name).Text);
        }
        while (TryTakeOperator(","));

        if (isGrouped)
        {
            TakeOperator(")");
        }

        return names.ToImmutable();
    }

    private Statement Set(int line)
    {
        var names = Names();
        var attribute = names.Length == 1 && TryTakeOperator(".") ? Take(TemplateTokenKind.Name).Text : null;
        if (TryTakeOperator("="))
        {
            var value = ExpressionOrTuple();
            Take(TemplateTokenKind.BlockEnd);
            return new SetStatement(names, attribute, value, line);
        }

        if (names.Length > 1)
        {
            throw Unknown("'set' of several names as a block");
        }

        var filters = Filters(line, isFirst: false);
        Take(TemplateTokenKind.BlockEnd);
        var body = Body();
        Close(TakeBlockName(), "endset");
        return new SetBlockStatement(names[0], attribute, filters, body, line);
    }

    private MacroStatement Macro(int line)
    {
        var name = Take(TemplateTokenKind.Name).Text;
        TakeOperator("(");
        var (parameters, body) = MacroRest("endmacro");
        return new MacroStatement(name, parameters, body, line);
    }

    private CallStatement Call(int line)
    {
        Call? call = null;
        var (parameters, body) = MacroRest("endcall", hasParameters: TryTakeOperator("("),
            () => call = Postfix(Primary()) as Call ?? throw Unknown("the block 'call' without a call"));
        return new CallStatement(parameters, call!, body, line); // set before the body is read
    }

    private FilterStatement FilterBlock(int line)
    {
        var filters = Filters(line, isFirst: true);
        Take(TemplateTokenKind.BlockEnd);
        var body = Body();
        Close(TakeBlockName(), "endfilter");
        return new FilterStatement(filters, body, line);
    }

    /// <summary>Parameters after their parenthesis, the head's rest, and the body; a loop around a macro is none of its own.</summary>
    private (Parameters Parameters, ImmutableArray<Statement> Body) MacroRest(string end, bool hasParameters = true, Action? head = null)
    {
        var items = hasParameters ? ParameterList() : [];
        head?.Invoke();
        Take(TemplateTokenKind.BlockEnd);
        var outer = (_loopDepth, _namesFurther, _namesFurtherNamed);
        (_loopDepth, _namesFurther, _namesFurtherNamed) = (0, false, false);
        var body = Body();
        var parameters = new Parameters(items, _namesFurther, _namesFurtherNamed);
        (_loopDepth, _namesFurther, _namesFurtherNamed) = outer;
        var closing = TakeBlockName();
        _ = end is "endmacro" && Current.Kind == TemplateTokenKind.Name ? Take(TemplateTokenKind.Name) : default; // endmacro name
        Close(closing, end);
        return (parameters, body);
    }

    private ImmutableArray<(string Name, Expression? Default)> ParameterList()
    {
        var items = ImmutableArray.CreateBuilder<(string, Expression?)>();
        while (!TryTakeOperator(")"))
        {
            var name = Take(TemplateTokenKind.Name).Text;
            items.Add((name, TryTakeOperator("=") ? Expression() : null));
            if (!TryTakeOperator(","))
            {
                TakeOperator(")");
                break;
            }
        }

        return items.ToImmutable();
    }

    private string TakeBlockName()
    {
        Take(TemplateTokenKind.BlockBegin);
        return Take(TemplateTokenKind.Name).Text;
    }

    private void Close(string found, string wanted)
    {
        if (!string.Equals(found, wanted, StringComparison.Ordinal))
        {
            throw Unknown($"'{found}' where '{wanted}' belongs");
        }

        Take(TemplateTokenKind.BlockEnd);
    }

    private TemplateToken Take(TemplateTokenKind kind)
    {
        var token = Current;
        if (token.Kind != kind)
        {
            throw Unknown(token.Kind == TemplateTokenKind.End ? "the end of the template" : $"'{token.Text}' where {kind} belongs");
        }

        _position++;
        return token;
    }

    private bool TryTake(TemplateTokenKind kind, string text)
    {
        if (Current.Kind != kind || !string.Equals(Current.Text, text, StringComparison.Ordinal))
        {
            return false;
        }

        _position++;
        return true;
    }

    private bool TryTakeOperator(string text) => TryTake(TemplateTokenKind.Operator, text);

    private bool TryTakeName(string text) => TryTake(TemplateTokenKind.Name, text);

    private void TakeOperator(string text)
    {
        if (!TryTakeOperator(text))
        {
            throw Unknown($"'{Current.Text}' where '{text}' belongs");
        }
    }

    private void TakeName(string text)
    {
        if (!TryTakeName(text))
        {
            throw Unknown($"'{Current.Text}' where '{text}' belongs");
        }
    }

    private ChatTemplateException Unknown(string what) => new($"Chat template, line {Current.Line}: {what} is not supported here.");
}

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
            case TemplateTokenKind.BlockBegin when _tokens[_position + 1] is { Kind: TemplateTokenKind.Name, Text: not ("elif" or "else" or "endif" or "endfor") }:
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
        var targets = ImmutableArray.CreateBuilder<string>();
        do
        {
            targets.Add(Take(TemplateTokenKind.Name).Text);
        }
        while (TryTakeOperator(","));

        TakeName("in");
        var items = Or(); // without "… if …": that word begins the loop's condition
        var condition = TryTakeName("if") ? Expression() : null;
        if (Current is { Kind: TemplateTokenKind.Name, Text: "recursive" })
        {
            throw Unknown("'recursive' of a loop");
        }

        Take(TemplateTokenKind.BlockEnd);
        _loopDepth++;
        var body = Body();
        _loopDepth--;
        ImmutableArray<Statement> otherwise = [];
        var next = TakeBlockName();
        if (next is "else")
        {
            Take(TemplateTokenKind.BlockEnd);
            otherwise = Body();
            next = TakeBlockName();
        }

        Close(next, "endfor");
        return new ForStatement(targets.ToImmutable(), items, condition, body, otherwise, line);
    }

    private SetStatement Set(int line)
    {
        var name = Take(TemplateTokenKind.Name).Text;
        var attribute = TryTakeOperator(".") ? Take(TemplateTokenKind.Name).Text : null;
        if (Current.Kind == TemplateTokenKind.BlockEnd)
        {
            throw Unknown("'set' as a block");
        }

        TakeOperator("=");
        var value = ExpressionOrTuple();
        Take(TemplateTokenKind.BlockEnd);
        return new SetStatement(name, attribute, value, line);
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

using System.Collections.Immutable;
using System.Globalization;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

/// <summary>Expressions, one method for each level of Jinja's precedence, loosest first.</summary>
internal sealed partial class TemplateParser
{
    // Parentheses and brackets: each level passes through all methods here.
    private const int MaxExpressionDepth = 60;

    private int _expressionDepth;

    private Expression ExpressionOrTuple()
    {
        var first = Expression();
        if (Current is not { Kind: TemplateTokenKind.Operator, Text: "," })
        {
            return first;
        }

        var items = ImmutableArray.CreateBuilder<Expression>();
        items.Add(first);
        while (TryTakeOperator(",") && !EndsTuple())
        {
            items.Add(Expression());
        }

        return new ListLiteral(items.ToImmutable(), first.Line).Over([.. items]);
    }

    private bool EndsTuple() => Current is { Kind: TemplateTokenKind.OutputEnd or TemplateTokenKind.BlockEnd } or { Kind: TemplateTokenKind.Operator, Text: ")" };

    private Expression Expression()
    {
        if (++_expressionDepth > MaxExpressionDepth)
        {
            throw Unknown("an expression nested so deeply");
        }

        var value = Or();
        while (TryTakeName("if"))
        {
            var condition = Or();
            var otherwise = TryTakeName("else") ? Expression() : null;
            value = new Conditional(condition, value, otherwise, value.Line).Over(condition, value, otherwise);
        }

        _expressionDepth--;
        return value;
    }

    private Expression Or()
    {
        var left = And();
        while (TryTakeName("or"))
        {
            left = Join("or", left, And());
        }

        return left;
    }

    private Expression And()
    {
        var left = Not();
        while (TryTakeName("and"))
        {
            left = Join("and", left, Not());
        }

        return left;
    }

    private Expression Not()
    {
        var line = Current.Line;
        var negations = 0;
        while (TryTakeName("not"))
        {
            negations++;
        }

        var operand = Comparison();
        for (; negations > 0; negations--)
        {
            operand = new Unary("not", operand, line).Over(operand);
        }

        return operand;
    }

    /// <summary>
    /// From left to right, each result compared with the next operand, as in the reference; only chains of order such as a &lt; b &lt;= c, which it refuses, mean
    /// what they mean in Python.
    /// </summary>
    private Expression Comparison()
    {
        var left = Sum();
        var before = left; // the operand to the left, for a chain of order
        var wasOrder = false;
        while (TakeComparison() is { } name)
        {
            var right = Sum();
            var isOrder = name is "<" or ">" or "<=" or ">=";
            left = isOrder && wasOrder ? Join("and", left, Join(name, before, right)) : Join(name, left, right);
            (before, wasOrder) = (right, isOrder);
        }

        return left;
    }

    private string? TakeComparison()
    {
        if (Current is { Kind: TemplateTokenKind.Operator, Text: "==" or "!=" or "<" or ">" or "<=" or ">=" } token)
        {
            _position++;
            return token.Text;
        }

        if (TryTakeName("in"))
        {
            return "in";
        }

        if (Current is { Kind: TemplateTokenKind.Name, Text: "not" } && _tokens[_position + 1] is { Kind: TemplateTokenKind.Name, Text: "in" })
        {
            _position += 2;
            return "not in";
        }

        return null;
    }

    private Expression Sum()
    {
        var left = Product();
        while (TakeOneOf("+", "-", "~") is { } name)
        {
            left = Join(name, left, Product());
        }

        return left;
    }

    private Expression Product()
    {
        var left = Power();
        while (TakeOneOf("*", "/", "//", "%") is { } name)
        {
            left = Join(name, left, Power());
        }

        return left;
    }

    private Expression Power()
    {
        var left = Sign();
        while (TryTakeOperator("**"))
        {
            left = Join("**", left, Sign());
        }

        return left;
    }

    private Expression Sign()
    {
        var line = Current.Line;
        var negative = false;
        while (TakeOneOf("-", "+") is { } sign)
        {
            negative ^= sign is "-";
        }

        var operand = Postfix(Primary());
        operand = negative ? new Unary("-", operand, line).Over(operand) : operand;
        return FiltersAndTests(operand);
    }

    private Expression Primary()
    {
        var token = Current;
        _position++;
        switch (token.Kind)
        {
            case TemplateTokenKind.String:
                var text = token.Text;
                while (Current.Kind == TemplateTokenKind.String)
                {
                    text += Take(TemplateTokenKind.String).Text; // neighbours are one text, as in Python
                }

                return new Constant(MarkedText.Literal(text), token.Line);
            case TemplateTokenKind.Integer:
                return new Constant(long.Parse(token.Text, CultureInfo.InvariantCulture), token.Line);
            case TemplateTokenKind.Float:
                return new Constant(double.Parse(token.Text, CultureInfo.InvariantCulture), token.Line);
            case TemplateTokenKind.Name:
                return Named(token);
            case TemplateTokenKind.Operator when token.Text is "(":
                return Parenthesis(token.Line);
            case TemplateTokenKind.Operator when token.Text is "[":
                var items = List("]");
                return new ListLiteral(items, token.Line).Over([.. items]);
            case TemplateTokenKind.Operator when token.Text is "{":
                return Map(token.Line);
            default:
                _position--;
                throw Unknown(token.Text.Length > 0 ? $"'{token.Text}' in an expression" : "the end of an expression");
        }
    }

    private Expression Named(TemplateToken name)
    {
        _namesFurther |= name.Text is "varargs";
        _namesFurtherNamed |= name.Text is "kwargs";
        return name.Text switch
        {
            "true" or "True" => new Constant(true, name.Line),
            "false" or "False" => new Constant(false, name.Line),
            "none" or "None" => new Constant(null, name.Line),
            _ => new Variable(name.Text, name.Line),
        };
    }

    private Expression Parenthesis(int line)
    {
        if (TryTakeOperator(")"))
        {
            return new ListLiteral([], line);
        }

        var inner = ExpressionOrTuple();
        TakeOperator(")");
        return inner;
    }

    private ImmutableArray<Expression> List(string close)
    {
        var items = ImmutableArray.CreateBuilder<Expression>();
        while (!TryTakeOperator(close))
        {
            items.Add(Expression());
            if (!TryTakeOperator(","))
            {
                TakeOperator(close);
                break;
            }
        }

        return items.ToImmutable();
    }

    private Expression Map(int line)
    {
        var entries = ImmutableArray.CreateBuilder<(Expression Key, Expression Value)>();
        while (!TryTakeOperator("}"))
        {
            var key = Expression();
            TakeOperator(":");
            entries.Add((key, Expression()));
            if (!TryTakeOperator(","))
            {
                TakeOperator("}");
                break;
            }
        }

        return new MapLiteral(entries.ToImmutable(), line).Over([.. entries.SelectMany(entry => new[] { entry.Key, entry.Value })]);
    }

    private Expression Postfix(Expression target)
    {
        while (true)
        {
            if (TryTakeOperator("."))
            {
                if (Current.Kind == TemplateTokenKind.Integer)
                {
                    var index = new Constant(long.Parse(Take(TemplateTokenKind.Integer).Text, CultureInfo.InvariantCulture), target.Line);
                    target = new Element(target, index, target.Line).Over(target, index);
                    continue;
                }

                var name = Take(TemplateTokenKind.Name);
                if (Current is { Kind: TemplateTokenKind.Operator, Text: "(" } && !TemplateMethods.IsKnown(name.Text))
                {
                    throw Unknown($"the method '{name.Text}'");
                }

                target = new Member(target, name.Text, name.Line).Over(target);
            }
            else if (TryTakeOperator("["))
            {
                target = Subscript(target);
            }
            else if (TryTakeOperator("("))
            {
                var arguments = CallArguments();
                target = new Call(target, arguments, target.Line).Over([target, .. arguments.All]);
            }
            else
            {
                return target;
            }
        }
    }

    private Expression Subscript(Expression target)
    {
        Expression?[] parts = [null, null, null];
        var count = 0;
        var colons = 0;
        while (!TryTakeOperator("]"))
        {
            if (TryTakeOperator(":"))
            {
                count = ++colons;
            }
            else if (count < parts.Length && parts[count] is null)
            {
                parts[count] = Expression();
            }
            else
            {
                throw Unknown("this subscript");
            }

            if (colons > 2)
            {
                throw Unknown("a slice with so many parts");
            }
        }

        if (colons > 0)
        {
            return new Slice(target, parts[0], parts[1], parts[2], target.Line).Over([target, .. parts]);
        }

        return parts[0] is { } index ? new Element(target, index, target.Line).Over(target, index) : throw Unknown("an empty subscript");
    }

    private Expression FiltersAndTests(Expression target)
    {
        while (true)
        {
            if (TryTakeOperator("|"))
            {
                target = Postfix(OneFilter(target));
            }
            else if (TryTakeName("is"))
            {
                target = TestOf(target);
            }
            else
            {
                return target;
            }
        }
    }

    private Expression OneFilter(Expression target)
    {
        var name = Take(TemplateTokenKind.Name);
        var arguments = TryTakeOperator("(") ? CallArguments() : Arguments.None;
        return TemplateFilters.IsKnown(name.Text)
            ? new Filter(target, name.Text, arguments, name.Line).Over([target, .. arguments.All])
            : throw Unknown($"the filter '{name.Text}'");
    }

    /// <summary>Filters for the text of a block.</summary>
    private ImmutableArray<Filter> Filters(int line, bool isFirst)
    {
        var filters = ImmutableArray.CreateBuilder<Filter>();
        while (isFirst || TryTakeOperator("|"))
        {
            filters.Add((Filter)OneFilter(new Constant(null, line)));
            isFirst = false;
        }

        return filters.ToImmutable();
    }

    private Expression TestOf(Expression target)
    {
        var negated = TryTakeName("not");
        var name = Take(TemplateTokenKind.Name);
        if (!TemplateTests.IsKnown(name.Text))
        {
            throw Unknown($"the test '{name.Text}'");
        }

        Expression? argument = null;
        if (TemplateTests.TakesArgument(name.Text))
        {
            argument = Postfix(Primary());
        }

        var test = new Test(target, name.Text, argument, name.Line).Over(target, argument);
        return negated ? new Unary("not", test, name.Line).Over(test) : test;
    }

    private Arguments CallArguments()
    {
        var positional = ImmutableArray.CreateBuilder<Expression>();
        var named = ImmutableArray.CreateBuilder<(string, Expression)>();
        Expression? list = null;
        Expression? map = null;
        while (!TryTakeOperator(")"))
        {
            if (Current.Kind == TemplateTokenKind.Name && _tokens[_position + 1] is { Kind: TemplateTokenKind.Operator, Text: "=" })
            {
                var name = Take(TemplateTokenKind.Name).Text;
                TakeOperator("=");
                named.Add((name, Expression()));
            }
            else if (map is null && TryTakeOperator("**"))
            {
                map = Expression();
            }
            else if (list is null && TryTakeOperator("*"))
            {
                list = Expression();
            }
            else if (named.Count == 0 && list is null && map is null)
            {
                positional.Add(Expression());
            }
            else
            {
                throw Unknown("an argument in this place");
            }

            if (!TryTakeOperator(","))
            {
                TakeOperator(")");
                break;
            }
        }

        return new Arguments(positional.ToImmutable(), named.ToImmutable(), list, map);
    }

    private static Expression Join(string name, Expression left, Expression right) => new Binary(name, left, right, left.Line).Over(left, right);

    private string? TakeOneOf(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (TryTakeOperator(name))
            {
                return name;
            }
        }

        return null;
    }
}

using System.Globalization;
using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Expressions;

/// <summary>
/// Rewrites an expression of Oniguruma (Ruby syntax, UTF-8), as tokenizer.json has it, into one of .NET for text in which each character beyond the BMP is one
/// stand-in (<see cref="StandIns"/>). What has no equal is refused by name.
/// </summary>
/// <remarks>Possessive quantifiers become atomic groups; literals are written as escapes; <c>\w</c>, <c>\b</c>, <c>\h</c> and scripts as Oniguruma has them.</remarks>
internal sealed partial class ExpressionReader
{
    private const int MaxDepth = 50;

    private readonly string _expression;
    private readonly StringBuilder _out = new();
    private int _at;
    private int _depth;

    private ExpressionReader(string expression) => _expression = expression;

    /// <summary>Characters that the expression names, for the choice of stand-ins.</summary>
    public List<(int First, int Last)> Named { get; } = [];

    /// <summary>Whether it tells scripts apart.</summary>
    public bool UsesScripts { get; private set; }

    /// <summary>The expression of .NET; options CultureInvariant and Multiline.</summary>
    public string Rewritten => _out.ToString();

    /// <exception cref="TokenizerFormatException">It has a construct without an equal in .NET.</exception>
    public static ExpressionReader Read(string expression)
    {
        var reader = new ExpressionReader(expression);
        reader.Alternatives(ignoresCase: false);
        return reader._at == expression.Length ? reader : throw reader.Unsupported(")");
    }

    private bool AtEnd => _at >= _expression.Length;

    private TokenizerFormatException Unsupported(string construct) =>
        new($"tokenizer.json: the regular expression '{_expression}' is not supported: {construct}");

    private void Alternatives(bool ignoresCase)
    {
        if (++_depth > MaxDepth)
        {
            throw Unsupported("groups that deep");
        }

        while (!AtEnd && _expression[_at] != ')')
        {
            if (_expression[_at] == '|')
            {
                _out.Append('|');
                _at++;
                continue;
            }

            var start = _out.Length;
            if (Atom(ignoresCase))
            {
                Quantifiers(start);
            }
        }

        _depth--;
    }

    /// <summary>False for what cannot be repeated: options and comments.</summary>
    private bool Atom(bool ignoresCase)
    {
        switch (_expression[_at])
        {
            case '(':
                return Group(ignoresCase);
            case '[':
                _at++;
                _out.Append(Class(ignoresCase));
                return true;
            case '\\':
                _at++;
                Escape(ignoresCase);
                return true;
            case '^':
                // Oniguruma sees no line behind the last line end.
                _out.Append(@"(?:\A|^(?!\z))");
                _at++;
                return true;
            case '.' or '$':
                _out.Append(_expression[_at++]);
                return true;
            case '*' or '+' or '?':
                throw Unsupported($"'{_expression[_at]}' without anything before it");
            default:
                Literal(Character(), ignoresCase);
                return true;
        }
    }

    private bool Group(bool ignoresCase)
    {
        if (!_expression.AsSpan(_at).StartsWith("(?"))
        {
            _at++;
            return Inside("(?:", ignoresCase); // nothing asks for captures, and back references are refused
        }

        foreach (var opening in (ReadOnlySpan<string>)["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"])
        {
            if (_expression.AsSpan(_at).StartsWith(opening))
            {
                _at += opening.Length;
                return Inside(opening, ignoresCase);
            }
        }

        if (_expression.AsSpan(_at).StartsWith("(?#"))
        {
            var end = _expression.IndexOf(')', _at);
            _at = end < 0 ? throw Unsupported("(?#") : end + 1;
            return false;
        }

        if (_expression.AsSpan(_at).StartsWith("(?<") && _expression.IndexOf('>', _at) is > 0 and var name)
        {
            _at = name + 1;
            return Inside("(?:", ignoresCase);
        }

        return Options(ignoresCase);
    }

    private bool Options(bool ignoresCase)
    {
        var first = _at;
        _at += 2;
        var on = true;
        var dotAll = "";
        for (; !AtEnd && _expression[_at] is not (':' or ')'); _at++)
        {
            switch (_expression[_at])
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    ignoresCase = on;
                    break;
                case 'm':
                    dotAll = on ? "s" : "-s";
                    break;
                default:
                    throw Unsupported(_expression[first..Math.Min(_expression.Length, _at + 1)]);
            }
        }

        var options = $"(?{(dotAll is "s" ? "s" : "")}{(ignoresCase ? "i" : "")}{(ignoresCase && dotAll is not "-s" ? "" : "-")}{(dotAll is "-s" ? "s" : "")}{(ignoresCase ? "" : "i")}";
        if (!AtEnd && _expression[_at] == ':')
        {
            _at++;
            return Inside(options + ":", ignoresCase);
        }

        // Options without a group hold to the end of the group around them, alternatives included.
        if (AtEnd || !(first == 0 || _expression[first - 1] is '(' or ':'))
        {
            throw Unsupported(_expression[first..Math.Min(_expression.Length, _at + 1)] + " in the middle");
        }

        _at++;
        _out.Append(options).Append(':');
        Alternatives(ignoresCase);
        _out.Append(')');
        return false;
    }

    private bool Inside(string opening, bool ignoresCase)
    {
        _out.Append(opening);
        Alternatives(ignoresCase);
        if (AtEnd)
        {
            throw Unsupported("( without )");
        }

        _at++;
        _out.Append(')');
        return true;
    }

    private void Quantifiers(int start)
    {
        for (var first = true; !AtEnd; first = false)
        {
            var counted = _expression[_at] == '{';
            if (!(_expression[_at] is '*' or '+' or '?') && !(counted && IsCount()))
            {
                return;
            }

            if (!first)
            {
                _out.Insert(start, "(?:").Append(')');
            }

            _out.Append(counted ? Count() : _expression[_at++].ToString());
            if (!AtEnd && _expression[_at] == '?')
            {
                _at++;
                _out.Append('?');
            }
            else if (!AtEnd && _expression[_at] == '+' && !counted) // in Ruby {1,3}+ repeats the repetition
            {
                _at++;
                _out.Insert(start, "(?>").Append(')');
            }
        }
    }

    private bool IsCount()
    {
        var end = _expression.IndexOf('}', _at);
        var inner = end < 0 ? [] : _expression.AsSpan(_at + 1, end - _at - 1);
        return inner.Length > 0 && inner.IndexOfAnyExceptInRange('0', '9') is var other && (other < 0 || (inner[other] == ',' && inner.Length > 1 && inner[(other + 1)..].IndexOfAnyExceptInRange('0', '9') < 0));
    }

    private string Count()
    {
        var end = _expression.IndexOf('}', _at);
        var count = _expression[_at..(end + 1)];
        _at = end + 1;
        if (!AtEnd && _expression[_at] == '?' && !count.Contains(',', StringComparison.Ordinal))
        {
            throw Unsupported(count + "?");
        }

        return count.StartsWith("{,", StringComparison.Ordinal) ? "{0" + count[1..] : count;
    }

    /// <summary>The character here; beyond the BMP there is no stand-in for a single one.</summary>
    private int Character()
    {
        var unit = _expression[_at++];
        return char.IsSurrogate(unit) ? throw Unsupported("a character beyond U+FFFF") : unit;
    }

    private void Literal(int value, bool ignoresCase)
    {
        Named.Add((value, value));
        // The long s is an s in any case for Oniguruma, not for .NET.
        _out.Append(ignoresCase && value is 's' or 'S' or 0x17F ? @"[s\u017F]" : Escaped(value));
    }

    private static string Escaped(int value) => string.Create(CultureInfo.InvariantCulture, $@"\u{value:X4}");
}

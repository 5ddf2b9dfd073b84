using System.Globalization;
using System.Text;

namespace EnterpriseRag.Inference.Generation.ChatTemplates;

internal enum TemplateTokenKind
{
    Text,
    OutputBegin,
    OutputEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A token; <c>Text</c> of a string is its value.</summary>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, int Line);

/// <summary>
/// Divides a template into tokens with Jinja's white space rules: trim_blocks (a newline right after a block goes away), lstrip_blocks
/// (blanks before a block at the start of its line go away), '-' and '+' at the delimiters, and the newline at the very end. The blocks <c>generation</c>
/// and <c>endgeneration</c>, which mark the assistant's part for training, leave no trace.
/// </summary>
internal sealed class TemplateLexer
{
    // The longest published template has about 25,000 characters.
    private const int MaxCharacters = 1 << 18;

    private static readonly string[] s_operators = ["**", "//", "==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "~", ".", ",", ":", "|", "(", ")", "[", "]", "{", "}"];

    /// <summary>White space as JavaScript has it.</summary>
    public const string Blanks = "\t\n\v\f\r \u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF";

    private readonly string _source;
    private readonly List<TemplateToken> _tokens = [];
    private int _position;
    private int _line = 1;

    // Whether the text that comes next begins a line (Jinja's line_starting).
    private bool _atLineStart = true;

    // Whether the text that comes next continues the last token: a generation block stood between.
    private bool _continues;

    private TemplateLexer(string source) => _source = source;

    /// <exception cref="ChatTemplateException">Something is not closed or no token.</exception>
    public static List<TemplateToken> Tokenize(string source)
    {
        if (source.Length > MaxCharacters)
        {
            throw new ChatTemplateException($"Chat template: longer than {MaxCharacters} characters.");
        }

        var lexer = new TemplateLexer(source.EndsWith('\n') ? source[..^1] : source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (NextTag() is var tag && tag < _source.Length)
        {
            var kind = _source[tag + 1];
            var control = tag + 2 < _source.Length ? _source[tag + 2] : ' ';
            AddText(TextBefore(tag, kind, control), trimsEnd: control == '-');
            MoveTo(tag + 2 + (control is '-' or '+' ? 1 : 0));
            if (kind == '#')
            {
                SkipComment();
            }
            else
            {
                AddTag(isBlock: kind == '%');
            }
        }

        AddText(_source[_position..], trimsEnd: false);
        Add(TemplateTokenKind.End, "");
    }

    private int NextTag()
    {
        for (var i = _position; (i = _source.IndexOf('{', i)) >= 0; i++)
        {
            if (i + 1 < _source.Length && _source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return _source.Length;
    }

    private string TextBefore(int tag, char kind, char control)
    {
        var text = _source[_position..tag];
        if (control == '-')
        {
            return text;
        }

        var lineStart = text.LastIndexOf('\n') + 1;
        var strips = kind != '{' && control != '+' && (lineStart > 0 || _atLineStart) && !text.AsSpan(lineStart).ContainsAnyExcept(' ', '\t');
        return strips ? text[..lineStart] : text;
    }

    private void AddText(string text, bool trimsEnd)
    {
        if (_continues && _tokens is [.., { Kind: TemplateTokenKind.Text } before])
        {
            _tokens.RemoveAt(_tokens.Count - 1);
            text = before.Text + text;
        }

        _continues = false;
        text = trimsEnd ? text.AsSpan().TrimEnd(Blanks).ToString() : text;
        if (text.Length > 0)
        {
            Add(TemplateTokenKind.Text, text);
        }
    }

    private void SkipComment()
    {
        var end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Broken("a comment is not closed");
        }

        var control = _source[end - 1];
        MoveTo(end + 2);
        AfterTag(control is '-' or '+' ? control : ' ', trimsNewline: true);
    }

    private void AddTag(bool isBlock)
    {
        Add(isBlock ? TemplateTokenKind.BlockBegin : TemplateTokenKind.OutputBegin, "");
        var close = isBlock ? "%}" : "}}";
        var open = 0; // brackets inside the expression: }} may close two maps
        while (true)
        {
            SkipBlanks();
            if (_position >= _source.Length)
            {
                throw Broken($"{close} is missing");
            }

            var control = _source[_position] is '-' or '+' ? _source[_position] : ' ';
            var at = control == ' ' ? _position : _position + 1;
            if (open == 0 && string.CompareOrdinal(_source, at, close, 0, 2) == 0)
            {
                Add(isBlock ? TemplateTokenKind.BlockEnd : TemplateTokenKind.OutputEnd, "");
                MoveTo(at + 2);
                AfterTag(control, trimsNewline: isBlock);
                ForgetGeneration();
                return;
            }

            open += AddExpressionToken();
        }
    }

    private void ForgetGeneration()
    {
        if (_tokens is [.., { Kind: TemplateTokenKind.BlockBegin }, { Kind: TemplateTokenKind.Name, Text: "generation" or "endgeneration" }, { Kind: TemplateTokenKind.BlockEnd }])
        {
            _tokens.RemoveRange(_tokens.Count - 3, 3);
            _continues = true;
        }
    }

    private void AfterTag(char control, bool trimsNewline)
    {
        var start = _position;
        if (control == '-')
        {
            SkipBlanks();
        }
        else if (trimsNewline && control != '+' && _position < _source.Length && _source[_position] == '\n')
        {
            MoveTo(_position + 1);
        }

        _atLineStart = _position > start && _source[_position - 1] == '\n';
    }

    /// <summary>Adds a token and returns how it changes the number of open brackets.</summary>
    private int AddExpressionToken()
    {
        var c = _source[_position];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            Add(TemplateTokenKind.Name, TakeWhile(static c => char.IsAsciiLetterOrDigit(c) || c == '_'));
            return 0;
        }

        if (char.IsAsciiDigit(c))
        {
            AddNumber();
            return 0;
        }

        if (c is '\'' or '"')
        {
            AddString(c);
            return 0;
        }

        var found = Array.Find(s_operators, name => string.CompareOrdinal(_source, _position, name, 0, name.Length) == 0)
            ?? throw Broken($"'{c}' is not part of an expression");
        Add(TemplateTokenKind.Operator, found);
        MoveTo(_position + found.Length);
        return found is "(" or "[" or "{" ? 1 : found is ")" or "]" or "}" ? -1 : 0;
    }

    private void AddNumber()
    {
        var isPart = _tokens is [.., { Kind: TemplateTokenKind.Operator, Text: "." }]; // list.0.1
        var digits = TakeWhile(char.IsAsciiDigit);
        if (!isPart && _position + 1 < _source.Length && _source[_position] == '.' && char.IsAsciiDigit(_source[_position + 1]))
        {
            MoveTo(_position + 1);
            Add(TemplateTokenKind.Float, digits + "." + TakeWhile(char.IsAsciiDigit));
            return;
        }

        Add(TemplateTokenKind.Integer, long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? digits : throw Broken("a number is too large"));
    }

    private void AddString(char quote)
    {
        var value = new StringBuilder();
        for (var i = _position + 1; i < _source.Length; i++)
        {
            if (_source[i] == quote)
            {
                Add(TemplateTokenKind.String, value.ToString());
                MoveTo(i + 1);
                return;
            }

            if (_source[i] == '\\' && i + 1 < _source.Length)
            {
                i += AppendEscape(value, _source.AsSpan(i + 1));
            }
            else
            {
                value.Append(_source[i]);
            }
        }

        throw Broken("a text is not closed");
    }

    /// <summary>Appends what stands after a backslash, as Python reads it, and returns its length.</summary>
    private static int AppendEscape(StringBuilder value, ReadOnlySpan<char> rest)
    {
        var digits = rest[0] switch { 'x' => 2, 'u' => 4, _ => 0 };
        if (digits > 0 && rest.Length > digits && ushort.TryParse(rest.Slice(1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
        {
            value.Append((char)unit);
            return 1 + digits;
        }

        _ = rest[0] switch
        {
            'n' => value.Append('\n'),
            't' => value.Append('\t'),
            'r' => value.Append('\r'),
            'b' => value.Append('\b'),
            'f' => value.Append('\f'),
            'v' => value.Append('\v'),
            '\n' => value,
            '\\' or '\'' or '"' => value.Append(rest[0]),
            _ => value.Append('\\').Append(rest[0]),
        };
        return 1;
    }

    private string TakeWhile(Func<char, bool> belongs)
    {
        var start = _position;
        while (_position < _source.Length && belongs(_source[_position]))
        {
            _position++;
        }

        return _source[start.._position];
    }

    private void SkipBlanks()
    {
        var end = _position;
        while (end < _source.Length && Blanks.Contains(_source[end]))
        {
            end++;
        }

        MoveTo(end);
    }

    private void MoveTo(int position)
    {
        _line += _source.AsSpan(_position, position - _position).Count('\n');
        _position = position;
    }

    private void Add(TemplateTokenKind kind, string text) => _tokens.Add(new TemplateToken(kind, text, _line));

    private ChatTemplateException Broken(string what) => new($"Chat template, line {_line}: {what}.");
}

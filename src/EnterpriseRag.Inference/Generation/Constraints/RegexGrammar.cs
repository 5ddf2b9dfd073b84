using System.Globalization;
using System.Text;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>
/// The regular part of regular expressions (ECMA 262, as JSON Schema wants it): characters, classes, groups, alternatives, quantifiers, and anchors at the ends.
/// What looks around or back is refused by name.
/// </summary>
/// <param name="builder">Where the nodes go.</param>
/// <param name="emit">Writes one character of a set: raw, or as inside a JSON string.</param>
/// <param name="pattern">The expression.</param>
internal sealed class RegexGrammar(GrammarBuilder builder, Func<CodePoints, int, int> emit, string pattern)
{
    private const int MaxPattern = 2000;
    private const int MaxRepeat = 1000;
    private const int MaxDepth = 50;

    private static readonly CodePoints s_digits = CodePoints.Of(('0', '9'));
    private static readonly CodePoints s_word = CodePoints.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));
    private static readonly CodePoints s_blanks = CodePoints.Of(
        ('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    private static readonly CodePoints s_lineEnds = CodePoints.Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029));

    private int _position;
    private int _depth;

    private delegate int Part(int next);

    /// <summary>The whole text matches: without anchors the expression may stand anywhere in it, if <paramref name="searches"/>.</summary>
    /// <exception cref="NotSupportedException">A construct that is not regular, or not known.</exception>
    /// <exception cref="ArgumentException">Not a regular expression.</exception>
    public int Emit(bool searches, int next)
    {
        if (pattern.Length > MaxPattern)
        {
            throw new NotSupportedException($"A regular expression of more than {MaxPattern} characters is not supported.");
        }

        List<Part> ways = [];
        do
        {
            bool fromStart = Take('^');
            Part part = Sequence();
            bool toEnd = Take('$');
            ways.Add(after =>
            {
                after = toEnd || !searches ? after : builder.Star(loop => emit(CodePoints.All, loop), after);
                after = part(after);
                return fromStart || !searches ? after : builder.Star(loop => emit(CodePoints.All, loop), after);
            });
        }
        while (Take('|'));

        return _position == pattern.Length
            ? builder.Any([.. ways.Select(way => way(next))])
            : throw (pattern[_position] is '^' or '$' ? Unsupported($"the anchor '{pattern[_position]}' inside") : Broken());
    }

    private Part Alternatives()
    {
        if (++_depth > MaxDepth)
        {
            throw Unsupported("groups nested so deeply");
        }

        List<Part> ways = [];
        do
        {
            ways.Add(Sequence());
        }
        while (Take('|'));

        _depth--;
        return ways.Count == 1 ? ways[0] : next => builder.Any([.. ways.Select(way => way(next))]);
    }

    private Part Sequence()
    {
        List<Part> parts = [];
        while (_position < pattern.Length && pattern[_position] is not ('|' or ')' or '$' or '^'))
        {
            parts.Add(Quantified(Atom()));
        }

        return next =>
        {
            for (int i = parts.Count - 1; i >= 0; i--)
            {
                next = parts[i](next);
            }

            return next;
        };
    }

    private Part Quantified(Part part)
    {
        int min;
        int? max;
        if (Take('*'))
        {
            (min, max) = (0, null);
        }
        else if (Take('+'))
        {
            (min, max) = (1, null);
        }
        else if (Take('?'))
        {
            (min, max) = (0, 1);
        }
        else if (_position < pattern.Length && pattern[_position] == '{')
        {
            (min, max) = Counts();
        }
        else
        {
            return part;
        }

        Take('?'); // lazy: the same texts
        return _position < pattern.Length && pattern[_position] is '*' or '+'
            ? throw Unsupported("a quantifier after a quantifier")
            : next => builder.Repeat(after => part(after), min, max, next);
    }

    private (int Min, int? Max) Counts()
    {
        int close = pattern.IndexOf('}', _position);
        string[] parts = close < 0 ? [] : pattern[(_position + 1)..close].Split(',');
        int min = 0;
        int max = 0;
        if (parts.Length is not (1 or 2) || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out min)
            || (parts is [_, { Length: > 0 } last] && !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out max)))
        {
            throw Broken();
        }

        _position = close + 1;
        int? most = parts.Length == 1 ? min : parts[1].Length == 0 ? null : max;
        return min > MaxRepeat || most > MaxRepeat ? throw Unsupported($"more than {MaxRepeat} repetitions")
            : most < min ? throw Broken()
            : (min, most);
    }

    private Part Atom()
    {
        char c = pattern[_position++];
        switch (c)
        {
            case '(':
                return Group();
            case '[':
                return One(Class());
            case '.':
                return One(s_lineEnds.Complement());
            case '\\':
                return One(Escape(inClass: false));
            case '*' or '+' or '?' or '{' or '}' or ']':
                throw Broken();
            default:
                return One(Single(RuneAt(_position - 1)));
        }
    }

    private Part Group()
    {
        if (Take('?'))
        {
            if (_position < pattern.Length && pattern[_position] == '<' && _position + 1 < pattern.Length && pattern[_position + 1] is not ('=' or '!'))
            {
                int close = pattern.IndexOf('>', _position);
                _position = close < 0 ? throw Broken() : close + 1; // a name
            }
            else if (!Take(':'))
            {
                throw Unsupported("a look-around or option in a group");
            }
        }

        Part inner = Alternatives();
        return Take(')') ? inner : throw (_position < pattern.Length ? Unsupported($"the anchor '{pattern[_position]}' inside a group") : Broken());
    }

    private CodePoints Class()
    {
        bool negated = Take('^');
        CodePoints set = CodePoints.Of();
        while (!Take(']'))
        {
            CodePoints part = ClassPart();
            if (_position + 1 < pattern.Length && pattern[_position] == '-' && pattern[_position + 1] != ']' && part.Ranges is [var (low, single)] && low == single)
            {
                _position++;
                CodePoints end = ClassPart();
                part = end.Ranges is [var (high, other)] && high == other && high >= low ? CodePoints.Of((low, high)) : throw Broken();
            }

            set |= part;
        }

        return negated ? set.Complement() : set;
    }

    private CodePoints ClassPart()
    {
        if (_position >= pattern.Length)
        {
            throw Broken();
        }

        return pattern[_position++] == '\\' ? Escape(inClass: true) : Single(RuneAt(_position - 1));
    }

    private CodePoints Escape(bool inClass)
    {
        char c = _position < pattern.Length ? pattern[_position++] : throw Broken();
        switch (c)
        {
            case 'd':
                return s_digits;
            case 'D':
                return s_digits.Complement();
            case 'w':
                return s_word;
            case 'W':
                return s_word.Complement();
            case 's':
                return s_blanks;
            case 'S':
                return s_blanks.Complement();
            case 'n':
                return Single('\n');
            case 't':
                return Single('\t');
            case 'r':
                return Single('\r');
            case 'f':
                return Single('\f');
            case 'v':
                return Single('\v');
            case 'b' when inClass:
                return Single('\b');
            case 'x':
                return Single(Hex(2));
            case 'u':
                return Single(Hex(4));
            default:
                return char.IsAsciiLetterOrDigit(c) ? throw Unsupported($"'\\{c}'") : Single(RuneAt(_position - 1));
        }
    }

    private int Hex(int digits)
    {
        if (_position + digits > pattern.Length || !int.TryParse(pattern.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value))
        {
            throw Broken();
        }

        _position += digits;
        return value;
    }

    /// <summary>The character at a position; a second half of it is passed over.</summary>
    private int RuneAt(int position)
    {
        if (Rune.DecodeFromUtf16(pattern.AsSpan(position), out Rune rune, out int length) != System.Buffers.OperationStatus.Done)
        {
            throw Broken();
        }

        _position = position + length;
        return rune.Value;
    }

    private static CodePoints Single(int value) => CodePoints.Of((value, value));

    private Part One(CodePoints set) => next => emit(set, next);

    private bool Take(char c)
    {
        if (_position < pattern.Length && pattern[_position] == c)
        {
            _position++;
            return true;
        }

        return false;
    }

    private ArgumentException Broken() => new($"Not a regular expression: an error at character {Math.Min(_position, pattern.Length)} of the pattern.");

    private static NotSupportedException Unsupported(string what) => new($"In a regular expression, {what} is not supported.");
}

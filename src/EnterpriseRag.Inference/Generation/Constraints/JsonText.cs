using System.Globalization;
using System.Text;
using System.Text.Json;

namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>The parts of JSON texts: strings, numbers, values of any kind. White space is none, or one blank after ':' and ','.</summary>
internal sealed class JsonText
{
    // Inside a double's range whatever the digits; more would be rounded away or overflow.
    private const int MaxDigits = 17;

    private static readonly ByteSet s_digit = ByteSet.Range('0', '9');
    private static readonly ByteSet s_blank = ByteSet.Range(' ', ' ');
    private static readonly ByteSet s_quote = ByteSet.Range('"', '"');

    private static readonly CodePoints s_raw = CodePoints.Of((0, 0x1F), ('"', '"'), ('\\', '\\')).Complement();

    private static readonly (char Character, char Letter)[] s_shortEscapes = [('"', '"'), ('\\', '\\'), ('\b', 'b'), ('\f', 'f'), ('\n', 'n'), ('\r', 'r'), ('\t', 't')];

    private readonly GrammarBuilder _builder;
    private readonly int _character; // rule: one character of a string, in any spelling
    private int _value = -1;
    private int _string = -1;
    private int _object = -1;
    private int _array = -1;
    private int _number = -1;

    public JsonText(GrammarBuilder builder)
    {
        _builder = builder;
        _character = builder.Any(s_raw.Emit(builder, builder.End), Escapes(builder.End));
    }

    public int Comma(int next) => _builder.Literal(",", Blank(next));

    public int Colon(int next) => _builder.Literal(":", Blank(next));

    /// <summary>A string of so many characters (code points).</summary>
    public int String(int min, int? max, int next) => min == 0 && max is null
        ? _builder.Call(Rule(ref _string, () => Quoted(after => _builder.Star(loop => _builder.Any(s_raw.Emit(_builder, loop), Escapes(loop)), after), _builder.End)), next)
        : Quoted(after => _builder.Repeat(again => _builder.Call(_character, again), min, max, after), next);

    /// <summary>A string whose text matches a regular expression; characters in their shortest spelling.</summary>
    public int Matching(string pattern, int next) => Quoted(after => new RegexGrammar(_builder, Character, pattern).Emit(searches: true, after), next);

    public int Quoted(Func<int, int> content, int next) => _builder.Bytes(s_quote, content(_builder.Bytes(s_quote, next)));

    /// <summary>One character of a set inside a string, in its shortest spelling.</summary>
    public int Character(CodePoints set, int next)
    {
        List<int> ways = [set.Except(s_raw.Complement()).Emit(_builder, next)];
        foreach ((char character, char letter) in s_shortEscapes)
        {
            if (set.Contains(character))
            {
                ways.Add(_builder.Literal($"\\{letter}", next));
            }
        }

        for (int control = 0; control < 0x20; control++)
        {
            if (set.Contains(control) && !Array.Exists(s_shortEscapes, escape => escape.Character == control))
            {
                ways.Add(_builder.Literal(string.Create(CultureInfo.InvariantCulture, $"\\u{control:x4}"), next));
            }
        }

        return _builder.Any([.. ways]);
    }

    /// <summary>A string that is none of the given ones; characters in their shortest spelling, so that none can be spelt in another way.</summary>
    public int StringOtherThan(IReadOnlyList<string> names, int next) =>
        _builder.Bytes(s_quote, OtherThan([.. names.Select(name => name.EnumerateRunes().Select(rune => rune.Value).ToArray())], 0, _builder.Bytes(s_quote, next)));

    /// <summary>A value written without white space (or with the blanks allowed).</summary>
    public int Constant(JsonElement value, int next)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                next = _builder.Literal("}", next);
                JsonProperty[] properties = [.. value.EnumerateObject()];
                for (int i = properties.Length - 1; i >= 0; i--)
                {
                    next = Text(properties[i].Name, Colon(Constant(properties[i].Value, next)));
                    next = i > 0 ? Comma(next) : next;
                }

                return _builder.Literal("{", next);
            case JsonValueKind.Array:
                next = _builder.Literal("]", next);
                JsonElement[] items = [.. value.EnumerateArray()];
                for (int i = items.Length - 1; i >= 0; i--)
                {
                    next = Constant(items[i], next);
                    next = i > 0 ? Comma(next) : next;
                }

                return _builder.Literal("[", next);
            case JsonValueKind.String:
                return Text(value.GetString()!, next); // the kind was checked
            default:
                return _builder.Literal(value.GetRawText(), next);
        }
    }

    /// <summary>One exact string.</summary>
    public int Text(string text, int next) => Quoted(after =>
    {
        foreach (Rune rune in text.EnumerateRunes().Reverse())
        {
            after = Character(CodePoints.Of((rune.Value, rune.Value)), after);
        }

        return after;
    }, next);

    public int Boolean(int next) => _builder.Any(_builder.Literal("true", next), _builder.Literal("false", next));

    public int Null(int next) => _builder.Literal("null", next);

    /// <summary>Any number: up to 17 digits on each side of the point, and an exponent below 300.</summary>
    public int Number(int next) => _builder.Call(Rule(ref _number, () =>
    {
        int exponent = _builder.Optional(after => _builder.Bytes(ByteSet.Range('e', 'e') | ByteSet.Range('E', 'E'),
            _builder.Optional(more => _builder.Bytes(ByteSet.Range('+', '+') | ByteSet.Range('-', '-'), more), Digits(1, 2, after))), _builder.End);
        int whole = Whole(Fraction(MaxDigits, exponent));
        return _builder.Any(_builder.Literal("-", whole), whole);
    }), next);

    /// <summary>Any whole number of up to 17 digits.</summary>
    public int Integer(int next)
    {
        int whole = Whole(next);
        return _builder.Any(_builder.Literal("-", _builder.Bytes(ByteSet.Range('1', '9'), Digits(0, MaxDigits - 1, next))), whole);
    }

    /// <summary>A fraction of up to so many digits, or none.</summary>
    public int Fraction(int places, int next) => _builder.Optional(after => _builder.Literal(".", Digits(1, places, after)), next);

    /// <summary>A fraction greater than zero.</summary>
    public int PositiveFraction(int places, int next)
    {
        int digits = _builder.Bytes(ByteSet.Range('1', '9'), next); // the last place
        for (int place = 1; place < places; place++)
        {
            digits = _builder.Any(_builder.Bytes(ByteSet.Range('1', '9'), Digits(0, place, next)), _builder.Literal("0", digits));
        }

        return _builder.Literal(".", digits);
    }

    /// <summary>No fraction, or zeros.</summary>
    public int ZeroFraction(int next) => _builder.Optional(after => _builder.Literal(".", _builder.Repeat(more => _builder.Bytes(ByteSet.Range('0', '0'), more), 1, 3, after)), next);

    /// <summary>A whole number from <paramref name="low"/> (0 or more) to <paramref name="high"/>; null = up to 17 digits.</summary>
    public int Between(long low, long? high, int next)
    {
        List<int> ways = [];
        string least = low.ToString(CultureInfo.InvariantCulture);
        string most = high?.ToString(CultureInfo.InvariantCulture) ?? new string('9', Math.Max(MaxDigits, least.Length));
        for (int length = least.Length; length <= most.Length; length++)
        {
            string from = length == least.Length ? least : "1" + new string('0', length - 1);
            string to = length == most.Length ? most : new string('9', length);
            if (string.CompareOrdinal(from, to) <= 0)
            {
                ways.Add(SameLength(from, to, next));
            }
        }

        return _builder.Any([.. ways]);
    }

    public int Digits(int min, int max, int next) => _builder.Repeat(after => _builder.Bytes(s_digit, after), min, max, next);

    /// <summary>A value of any kind.</summary>
    public int Value(int next) => _builder.Call(Rule(ref _value, () => _builder.Any(
        Object(_builder.End), Array_(_builder.End), String(0, null, _builder.End), Number(_builder.End), Boolean(_builder.End), Null(_builder.End))), next);

    /// <summary>An object with any members.</summary>
    public int Object(int next) => _builder.Call(Rule(ref _object, () => Braces('{', '}', after => String(0, null, Colon(Value(after))), _builder.End)), next);

    /// <summary>A list of any values.</summary>
    public int Array_(int next) => _builder.Call(Rule(ref _array, () => Braces('[', ']', Value, _builder.End)), next);

    /// <summary>Parts with commas between them, in brackets.</summary>
    public int Braces(char open, char close, Func<int, int> part, int next)
    {
        int end = _builder.Literal(close.ToString(), next);
        return _builder.Literal(open.ToString(), Separated(part, end));
    }

    /// <summary>Parts with commas between them, or none, before an end.</summary>
    public int Separated(Func<int, int> part, int end)
    {
        int loop = _builder.Reserve();
        int one = part(loop);
        _builder.Define(loop, Comma(one), end);
        return _builder.Any(one, end);
    }

    private int Rule(ref int rule, Func<int> build)
    {
        if (rule < 0)
        {
            rule = _builder.Reserve(); // before it is built: values hold values
            _builder.Define(rule, build());
        }

        return rule;
    }

    private int Blank(int next) => _builder.Optional(after => _builder.Bytes(s_blank, after), next);

    private int Whole(int next) => _builder.Any(_builder.Literal("0", next), _builder.Bytes(ByteSet.Range('1', '9'), Digits(0, MaxDigits - 1, next)));

    /// <summary>Digits between two of the same length.</summary>
    private int SameLength(string from, string to, int next)
    {
        if (from.Length == 0)
        {
            return next;
        }

        if (from[0] == to[0])
        {
            return _builder.Bytes(ByteSet.Range(from[0], from[0]), SameLength(from[1..], to[1..], next));
        }

        // First digits whose rest is free are one range; the edges, where it is not, are gone into.
        int rest = from.Length - 1;
        List<int> ways = [];
        char low = from[0];
        char high = to[0];
        if (from.AsSpan(1).ContainsAnyExcept('0'))
        {
            ways.Add(_builder.Bytes(ByteSet.Range(low, low), SameLength(from[1..], new string('9', rest), next)));
            low++;
        }

        if (to.AsSpan(1).ContainsAnyExcept('9'))
        {
            ways.Add(_builder.Bytes(ByteSet.Range(high, high), SameLength(new string('0', rest), to[1..], next)));
            high--;
        }

        if (low <= high)
        {
            ways.Add(_builder.Bytes(ByteSet.Range(low, high), Digits(rest, rest, next)));
        }

        return _builder.Any([.. ways]);
    }

    /// <summary>All escapes; halves of characters beyond 16 bits come in pairs only.</summary>
    private int Escapes(int next)
    {
        ByteSet hex = s_digit | ByteSet.Range('a', 'f') | ByteSet.Range('A', 'F');
        ByteSet d = ByteSet.Range('d', 'd') | ByteSet.Range('D', 'D');
        ByteSet notD = s_digit | ByteSet.Range('a', 'c') | ByteSet.Range('A', 'C') | ByteSet.Range('e', 'f') | ByteSet.Range('E', 'F');
        int two = _builder.Bytes(hex, _builder.Bytes(hex, next));
        int low = _builder.Literal("\\u", _builder.Bytes(d, _builder.Bytes(ByteSet.Range('c', 'f') | ByteSet.Range('C', 'F'), two)));
        int high = _builder.Bytes(ByteSet.Range('8', '9') | ByteSet.Range('a', 'b') | ByteSet.Range('A', 'B'), _builder.Bytes(hex, _builder.Bytes(hex, low)));
        int code = _builder.Any(
            _builder.Bytes(notD, _builder.Bytes(hex, two)),
            _builder.Bytes(d, _builder.Any(_builder.Bytes(ByteSet.Range('0', '7'), two), high)));
        ByteSet letters = s_shortEscapes.Aggregate(ByteSet.Range('/', '/'), (set, escape) => set | ByteSet.Range(escape.Letter, escape.Letter));
        return _builder.Literal("\\", _builder.Any(_builder.Bytes(letters, next), _builder.Literal("u", code)));
    }

    /// <summary>What may follow a common beginning of names so that the text is none of them.</summary>
    private int OtherThan(List<int[]> names, int length, int close)
    {
        int rest = _builder.Star(loop => Character(CodePoints.All, loop), close);
        List<int> ways = [];
        CodePoints taken = CodePoints.Of();
        foreach (IGrouping<int, int[]> group in names.Where(name => name.Length > length).GroupBy(name => name[length]))
        {
            CodePoints one = CodePoints.Of((group.Key, group.Key));
            taken |= one;
            ways.Add(Character(one, OtherThan([.. group], length + 1, close)));
        }

        ways.Add(Character(CodePoints.All.Except(taken), rest));
        if (!names.Exists(name => name.Length == length))
        {
            ways.Add(close);
        }

        return _builder.Any([.. ways]);
    }
}

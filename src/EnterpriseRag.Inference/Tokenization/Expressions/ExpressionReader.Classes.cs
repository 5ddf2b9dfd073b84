using System.Globalization;
using System.Text;
using EnterpriseRag.Inference.Tokenization.Unicode;

namespace EnterpriseRag.Inference.Tokenization.Expressions;

/// <summary>Escapes, properties and character classes.</summary>
internal sealed partial class ExpressionReader
{
    // Oniguruma's \w: alphabetic characters, marks, decimal digits, connectors; outside a class also the superscripts and fractions of Latin-1.
    private const string WordInClass = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";
    private const string Word = WordInClass + @"\u00B2\u00B3\u00B9\u00BC-\u00BE";

    private static readonly HashSet<string> s_categories = new(
        ["L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly Dictionary<string, string> s_longNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Letter"] = "L", ["Uppercase_Letter"] = "Lu", ["Lowercase_Letter"] = "Ll", ["Titlecase_Letter"] = "Lt", ["Modifier_Letter"] = "Lm", ["Other_Letter"] = "Lo", ["Mark"] = "M",
        ["Number"] = "N", ["Decimal_Number"] = "Nd", ["Punctuation"] = "P", ["Symbol"] = "S", ["Separator"] = "Z", ["Other"] = "C", ["Control"] = "Cc", ["Digit"] = "Nd", ["Nonspacing_Mark"] = "Mn",
    };

    private static readonly Dictionary<string, string> s_brackets = new(StringComparer.Ordinal)
    {
        ["space"] = @"\s", ["digit"] = @"\d", ["upper"] = @"\p{Lu}", ["lower"] = @"\p{Ll}",
    };

    /// <summary>An escape outside a class; the backslash has been read.</summary>
    private void Escape(bool ignoresCase)
    {
        if (AtEnd)
        {
            throw Unsupported("\\ at the end");
        }

        var name = _expression[_at];
        switch (name)
        {
            case 'b':
                _at++;
                _out.Append($"(?:(?<=[{Word}])(?![{Word}])|(?<![{Word}])(?=[{Word}]))");
                return;
            case 'B':
                _at++;
                _out.Append($"(?:(?<=[{Word}])(?=[{Word}])|(?<![{Word}])(?![{Word}]))");
                return;
            case 'A' or 'z' or 'Z':
                _at++;
                _out.Append('\\').Append(name);
                return;
            case 'R':
                _at++;
                _out.Append(@"(?>\r\n|[\n-\r\u0085\u2028\u2029])");
                return;
            default:
                if (Set(Word) is var (items, negated))
                {
                    _out.Append(negated ? "[^" : "[").Append(items).Append(']');
                }
                else
                {
                    Literal(EscapedCharacter(), ignoresCase);
                }

                return;
        }
    }

    /// <summary>An escape that stands for a set, as the items of a class; null, and nothing read, for others.</summary>
    /// <param name="word">What <c>\w</c> means here.</param>
    private (string Items, bool Negated)? Set(string word)
    {
        (string, bool)? set = _expression[_at] switch
        {
            's' => (@"\s", false),
            'S' => (@"\s", true),
            'd' => (@"\d", false),
            'D' => (@"\d", true),
            'w' => (word, false),
            'W' => (word, true),
            'h' => ("0-9A-Fa-f", false),
            'H' => ("0-9A-Fa-f", true),
            _ => null,
        };
        if (set is not null)
        {
            _at++;
            return set;
        }

        return _expression[_at] is 'p' or 'P' && _at + 1 < _expression.Length && _expression[_at + 1] == '{' ? Property() : null;
    }

    private (string Items, bool Negated) Property()
    {
        var negated = _expression[_at] == 'P';
        var end = _expression.IndexOf('}', _at);
        if (end < 0)
        {
            throw Unsupported("\\p{ without }");
        }

        var name = _expression[(_at + 2)..end];
        var construct = _expression[(_at - 1)..(end + 1)];
        _at = end + 1;
        if (name.StartsWith('^'))
        {
            (negated, name) = (!negated, name[1..]);
        }

        name = s_longNames.GetValueOrDefault(name, name);
        if (s_categories.TryGetValue(name, out var category))
        {
            // .NET wants the categories' own case.
            return ($@"\p{{{char.ToUpperInvariant(category[0])}{category[1..].ToLowerInvariant()}}}", negated);
        }

        if (ScriptTables.Find(name) is { } script)
        {
            UsesScripts = true;
            return (Ranges(script), negated);
        }

        throw Unsupported(construct);
    }

    private static string Ranges(string script)
    {
        var items = new StringBuilder();
        foreach (var (first, last) in CodePointSet.Ranges(script))
        {
            if (first <= 0xFFFF)
            {
                items.Append(Escaped(first)).Append('-').Append(Escaped(last));
            }
        }

        return items.ToString();
    }

    private int EscapedCharacter()
    {
        var name = _expression[_at++];
        switch (name)
        {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case 'a':
                return '\a';
            case 'e':
                return 0x1B;
            case 'u':
                return Hexadecimal(4);
            case 'x' when !AtEnd && _expression[_at] == '{':
                var end = _expression.IndexOf('}', _at);
                _at++;
                var value = end < 0 ? throw Unsupported(@"\x{ without }") : Hexadecimal(end - _at);
                _at++;
                return value;
            case 'x':
                return Hexadecimal(2);
            default:
                return char.IsAsciiLetterOrDigit(name) || char.IsSurrogate(name) ? throw Unsupported($@"\{name}") : name;
        }
    }

    private int Hexadecimal(int digits)
    {
        if (digits is < 1 or > 8 || _at + digits > _expression.Length
            || !int.TryParse(_expression.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || value < 0)
        {
            throw Unsupported("an escape that is not hexadecimal");
        }

        _at += digits;
        return value > 0xFFFF ? throw Unsupported("a character beyond U+FFFF") : value;
    }

    /// <summary>A class; the opening bracket has been read. Nested classes and one intersection become what .NET has, a subtraction.</summary>
    private string Class(bool ignoresCase)
    {
        if (++_depth > MaxDepth)
        {
            throw Unsupported("classes that deep");
        }

        var (items, negated) = ClassItems(ignoresCase);
        _depth--;
        return $"[{(negated ? "^" : "")}{items}]";
    }

    private (string Items, bool Negated) ClassItems(bool ignoresCase)
    {
        var negated = !AtEnd && _expression[_at] == '^';
        _at += negated ? 1 : 0;
        var items = new StringBuilder();
        for (var first = true; ; first = false)
        {
            if (AtEnd)
            {
                throw Unsupported("[ without ]");
            }

            if (_expression[_at] == ']' && !first)
            {
                _at++;
                return (items.ToString(), negated);
            }

            if (_expression.AsSpan(_at).StartsWith("&&"))
            {
                return (items.Append(Without(negated, ignoresCase)).ToString(), negated);
            }

            if (_expression.AsSpan(_at).StartsWith("[:"))
            {
                items.Append(Bracket());
            }
            else if (_expression[_at] == '[')
            {
                _at++;
                items.Append(Union(ClassItems(ignoresCase)));
            }
            else
            {
                ClassCharacter(items, ignoresCase);
            }
        }
    }

    /// <summary>What to subtract for an intersection with the rest of the class.</summary>
    private string Without(bool negated, bool ignoresCase)
    {
        _at += 2;
        if (negated)
        {
            throw Unsupported("&& in a negated class");
        }

        if (!AtEnd && _expression[_at] == '[' && !_expression.AsSpan(_at).StartsWith("[:"))
        {
            _at++;
            var (inner, innerNegated) = ClassItems(ignoresCase);
            if (!AtEnd && _expression[_at] == ']')
            {
                _at++;
                return $"-[{(innerNegated ? "" : "^")}{inner}]";
            }

            throw Unsupported("&& with more than one class");
        }

        var (rest, restNegated) = ClassItems(ignoresCase);
        return restNegated || rest.Contains("-[", StringComparison.Ordinal) ? throw Unsupported("&& with ^") : $"-[^{rest}]";
    }

    private string Union((string Items, bool Negated) nested) =>
        nested.Negated || nested.Items.Contains("-[", StringComparison.Ordinal) ? throw Unsupported("a negated class in a class") : nested.Items;

    private string Bracket()
    {
        var end = _expression.IndexOf(":]", _at, StringComparison.Ordinal);
        var name = end < 0 ? "" : _expression[(_at + 2)..end];
        if (!s_brackets.TryGetValue(name, out var items))
        {
            throw Unsupported($"[:{name}:]");
        }

        _at = end + 2;
        return items;
    }

    private void ClassCharacter(StringBuilder items, bool ignoresCase)
    {
        if (_expression[_at] == '\\')
        {
            _at++;
            if (AtEnd)
            {
                throw Unsupported("\\ at the end");
            }

            var construct = _expression[_at];
            if (Set(WordInClass) is var (set, negated))
            {
                items.Append(!negated ? set
                    : set.StartsWith('\\') && set.Length == 2 ? $"\\{char.ToUpperInvariant(set[1])}"
                    : set.StartsWith(@"\p{", StringComparison.Ordinal) && set.IndexOf('}', StringComparison.Ordinal) == set.Length - 1 ? @"\P" + set[2..]
                    : throw Unsupported($@"\{construct} in a class"));
                return;
            }

            Range(items, construct == 'b' ? BackSpace() : EscapedCharacter(), ignoresCase);
            return;
        }

        Range(items, Character(), ignoresCase);
    }

    private int BackSpace()
    {
        _at++;
        return '\b';
    }

    private void Range(StringBuilder items, int first, bool ignoresCase)
    {
        var last = first;
        if (_at + 1 < _expression.Length && _expression[_at] == '-' && _expression[_at + 1] is not (']' or '['))
        {
            _at++;
            if (_expression[_at] == '\\')
            {
                _at++;
                last = !AtEnd && Set(WordInClass) is null ? EscapedCharacter() : throw Unsupported("a range that ends with a set");
            }
            else
            {
                last = Character();
            }
        }

        if (last < first)
        {
            throw Unsupported("a range that runs backwards");
        }

        Named.Add((first, last));
        items.Append(Escaped(first));
        if (last > first)
        {
            items.Append('-').Append(Escaped(last));
        }

        if (ignoresCase && ((first <= 's' && last >= 's') || (first <= 'S' && last >= 'S')))
        {
            items.Append(@"\u017F");
        }
    }
}

using System.Text.Unicode;

namespace EnterpriseRag.Audit.Canonical;

/// <summary>One top-level member of a core: where its name and its value stand in the bytes (strings with their quotes).</summary>
internal readonly record struct CoreMember(Range Name, Range Value);

/// <summary>
/// Accepts exactly the byte strings that the canonical writer can produce: reading and re-writing would give the same bytes. One pass,
/// no allocation, never throws on foreign input.
/// </summary>
internal ref struct CanonicalReader
{
    // Deeper nesting is not produced by us and is refused before the stack is at risk.
    private const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Span<CoreMember> _members; // receives the top-level members
    private int _at;
    private int _memberCount;

    private CanonicalReader(ReadOnlySpan<byte> bytes, Span<CoreMember> members)
    {
        _bytes = bytes;
        _members = members;
        _at = 0;
        _memberCount = 0;
    }

    /// <summary>True when the bytes are one canonical object.</summary>
    public static bool IsCanonical(ReadOnlySpan<byte> bytes) => TryRead(bytes, [], out _);

    /// <summary>As <see cref="IsCanonical"/>, and tells where the first top-level members stand.</summary>
    /// <param name="bytes">A core as stored.</param>
    /// <param name="members">Filled up to its length; further members are checked but not told.</param>
    /// <param name="count">Members told.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, Span<CoreMember> members, out int count)
    {
        count = 0;
        if (bytes.Length is < 2 or > CanonicalText.MaxCoreBytes || bytes[0] != '{' || !Utf8.IsValid(bytes))
        {
            return false;
        }

        var reader = new CanonicalReader(bytes, members);
        var canonical = reader.Object(1) && reader._at == bytes.Length;
        count = reader._memberCount;
        return canonical;
    }

    private bool Value(int depth)
    {
        if (_at >= _bytes.Length)
        {
            return false;
        }

        return _bytes[_at] switch
        {
            (byte)'"' => String(),
            (byte)'{' => depth < MaxDepth && Object(depth + 1),
            (byte)'[' => depth < MaxDepth && Array(depth + 1),
            (byte)'t' => Literal("true"u8),
            (byte)'f' => Literal("false"u8),
            _ => Integer(),
        };
    }

    private bool Object(int depth)
    {
        _at++;
        if (Take((byte)'}'))
        {
            return true;
        }

        var previous = default(ReadOnlySpan<byte>);
        do
        {
            var nameAt = _at;
            if (!Name())
            {
                return false;
            }

            // Names are ASCII, so byte order is UTF-16 order. Strictly greater also excludes duplicates.
            var name = _bytes[(nameAt + 1)..(_at - 1)];
            if (!previous.IsEmpty && previous.SequenceCompareTo(name) >= 0)
            {
                return false;
            }

            previous = name;
            if (!Take((byte)':'))
            {
                return false;
            }

            var valueAt = _at;
            if (!Value(depth))
            {
                return false;
            }

            if (depth == 1 && _memberCount < _members.Length)
            {
                _members[_memberCount++] = new CoreMember((nameAt + 1)..(valueAt - 2), valueAt.._at);
            }
        }
        while (Take((byte)','));

        return Take((byte)'}');
    }

    private bool Array(int depth)
    {
        _at++;
        if (Take((byte)']'))
        {
            return true;
        }

        do
        {
            if (!Value(depth))
            {
                return false;
            }
        }
        while (Take((byte)','));

        return Take((byte)']');
    }

    private bool Name()
    {
        if (!Take((byte)'"') || _at >= _bytes.Length || !char.IsAsciiLetterLower((char)_bytes[_at]))
        {
            return false;
        }

        _at++;
        while (_at < _bytes.Length && (char.IsAsciiLetterLower((char)_bytes[_at]) || char.IsAsciiDigit((char)_bytes[_at]) || _bytes[_at] == '_'))
        {
            _at++;
        }

        return Take((byte)'"');
    }

    private bool String()
    {
        _at++;
        while (true)
        {
            var stop = _bytes[_at..].IndexOfAny(CanonicalText.Escaped);
            if (stop < 0)
            {
                return false;
            }

            _at += stop;
            switch (_bytes[_at])
            {
                case (byte)'"':
                    _at++;
                    return true;
                case (byte)'\\':
                    if (!Escape())
                    {
                        return false;
                    }

                    break;
                default:
                    return false; // a control character stands unescaped
            }
        }
    }

    private bool Escape()
    {
        if (_at + 1 >= _bytes.Length)
        {
            return false;
        }

        if (_bytes[_at + 1] is (byte)'"' or (byte)'\\' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t')
        {
            _at += 2;
            return true;
        }

        // \u00xx, lower case, only for the C0 characters that have no short form.
        if (_at + 5 >= _bytes.Length || !_bytes.Slice(_at + 1, 3).SequenceEqual("u00"u8) || _bytes[_at + 4] is not ((byte)'0' or (byte)'1'))
        {
            return false;
        }

        var low = _bytes[_at + 5] switch
        {
            >= (byte)'0' and <= (byte)'9' => _bytes[_at + 5] - '0',
            >= (byte)'a' and <= (byte)'f' => _bytes[_at + 5] - 'a' + 10,
            _ => -1,
        };
        var character = ((_bytes[_at + 4] - '0') << 4) | low;
        _at += 6;
        return low >= 0 && character is not ('\b' or '\t' or '\n' or '\f' or '\r');
    }

    private bool Integer()
    {
        var negative = Take((byte)'-');
        var start = _at;
        long value = 0;
        while (_at < _bytes.Length && char.IsAsciiDigit((char)_bytes[_at]) && _at - start < 16)
        {
            value = (value * 10) + (_bytes[_at++] - '0');
        }

        var digits = _at - start;
        return digits > 0
            && (digits == 1 || _bytes[start] != '0')
            && !(negative && value == 0)
            && value <= CanonicalText.MaxInteger; // what follows (a 17th digit, a point, an exponent) is refused by the caller
    }

    private bool Literal(ReadOnlySpan<byte> literal)
    {
        if (!_bytes[_at..].StartsWith(literal))
        {
            return false;
        }

        _at += literal.Length;
        return true;
    }

    private bool Take(byte expected)
    {
        if (_at >= _bytes.Length || _bytes[_at] != expected)
        {
            return false;
        }

        _at++;
        return true;
    }
}

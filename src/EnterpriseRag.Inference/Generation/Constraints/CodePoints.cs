namespace EnterpriseRag.Inference.Generation.Constraints;

/// <summary>A set of Unicode characters (code points without surrogates), as ranges in order that do not touch.</summary>
internal sealed class CodePoints
{
    private const int Last = 0x10FFFF;

    public static readonly CodePoints All = new([(0, 0xD7FF), (0xE000, Last)]);

    private readonly List<(int Low, int High)> _ranges;

    private CodePoints(List<(int, int)> ranges) => _ranges = ranges;

    public IReadOnlyList<(int Low, int High)> Ranges => _ranges;

    public static CodePoints Of(params IEnumerable<(int Low, int High)> ranges)
    {
        List<(int Low, int High)> joined = [];
        foreach ((int low, int high) in ranges.Order())
        {
            if (joined.Count > 0 && low <= joined[^1].High + 1)
            {
                joined[^1] = (joined[^1].Low, Math.Max(joined[^1].High, high));
            }
            else
            {
                joined.Add((low, high));
            }
        }

        return new CodePoints(joined).Intersect(All._ranges);
    }

    public static CodePoints operator |(CodePoints left, CodePoints right) => Of([.. left._ranges, .. right._ranges]);

    public bool Contains(int value) => _ranges.Exists(range => value >= range.Low && value <= range.High);

    public CodePoints Complement()
    {
        List<(int, int)> rest = [];
        int next = 0;
        foreach ((int low, int high) in _ranges)
        {
            if (low > next)
            {
                rest.Add((next, low - 1));
            }

            next = high + 1;
        }

        if (next <= Last)
        {
            rest.Add((next, Last));
        }

        return new CodePoints(rest).Intersect(All._ranges);
    }

    public CodePoints Except(CodePoints other) => Intersect(other.Complement()._ranges);

    /// <summary>One of these characters in UTF-8.</summary>
    public int Emit(GrammarBuilder builder, int next)
    {
        List<int> ways = [];
        ByteSet ascii = default;
        foreach ((int low, int high) in _ranges)
        {
            if (low < 0x80)
            {
                ascii |= ByteSet.Range(low, Math.Min(high, 0x7F));
            }

            for (int length = 2, from = 0x80; length <= 4; length++)
            {
                int to = length switch { 2 => 0x7FF, 3 => 0xFFFF, _ => Last };
                if (Math.Max(low, from) <= Math.Min(high, to))
                {
                    Sequences(builder, Math.Max(low, from), Math.Min(high, to), length, next, ways);
                }

                from = to + 1;
            }
        }

        if (ascii != default)
        {
            ways.Add(builder.Bytes(ascii, next));
        }

        return builder.Any([.. ways]);
    }

    /// <summary>Adds the byte sequences of a range whose characters have the same number of bytes.</summary>
    private static void Sequences(GrammarBuilder builder, int low, int high, int length, int next, List<int> ways)
    {
        // Divided until all bytes but one prefix run over whole continuation ranges.
        for (int shift = 6; shift < 6 * length; shift += 6)
        {
            int mask = (1 << shift) - 1;
            if (low >> shift == high >> shift)
            {
                continue;
            }

            if ((low & mask) != 0)
            {
                Sequences(builder, low, low | mask, length, next, ways);
                Sequences(builder, (low | mask) + 1, high, length, next, ways);
                return;
            }

            if ((high & mask) != mask)
            {
                Sequences(builder, low, (high & ~mask) - 1, length, next, ways);
                Sequences(builder, high & ~mask, high, length, next, ways);
                return;
            }
        }

        int lead = length switch { 2 => 0xC0, 3 => 0xE0, _ => 0xF0 };
        for (int i = 0; i < length; i++)
        {
            (int a, int b) = (low >> (6 * i), high >> (6 * i));
            next = i == length - 1
                ? builder.Bytes(ByteSet.Range(lead | a, lead | b), next)
                : builder.Bytes(ByteSet.Range(0x80 | (a & 0x3F), 0x80 | (b & 0x3F)), next);
        }

        ways.Add(next);
    }

    private CodePoints Intersect(List<(int Low, int High)> other)
    {
        List<(int, int)> both = [];
        foreach ((int low, int high) in _ranges)
        {
            foreach ((int from, int to) in other)
            {
                if (Math.Max(low, from) <= Math.Min(high, to))
                {
                    both.Add((Math.Max(low, from), Math.Min(high, to)));
                }
            }
        }

        return new CodePoints(both);
    }
}

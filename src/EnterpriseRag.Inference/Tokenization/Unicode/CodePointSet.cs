using System.Globalization;
using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Unicode;

/// <summary>A set of code points: one bit each in the BMP, sorted ranges beyond it. Immutable.</summary>
internal sealed class CodePointSet
{
    private readonly ulong[] _basicPlane = new ulong[0x10000 / 64];
    private readonly (int First, int Last)[] _beyond;

    private CodePointSet(IEnumerable<(int First, int Last)> ranges)
    {
        List<(int, int)> beyond = [];
        foreach (var (first, last) in ranges)
        {
            for (var value = first; value <= Math.Min(last, 0xFFFF); value++)
            {
                _basicPlane[value >> 6] |= 1UL << value;
            }

            if (last > 0xFFFF)
            {
                beyond.Add((Math.Max(first, 0x10000), last));
            }
        }

        _beyond = [.. beyond];
    }

    /// <summary>Reads <c>41-5A 5F</c>: hexadecimal ranges in ascending order.</summary>
    public static CodePointSet Parse(string ranges) => new(Ranges(ranges));

    /// <summary>The ranges of such a text.</summary>
    public static IEnumerable<(int First, int Last)> Ranges(string ranges)
    {
        foreach (var range in ranges.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            yield return dash < 0 ? (Value(range), Value(range)) : (Value(range.AsSpan(0, dash)), Value(range.AsSpan(dash + 1)));
        }
    }

    public bool Contains(char unit) => (_basicPlane[unit >> 6] & (1UL << unit)) != 0;

    public bool Contains(Rune rune)
    {
        if (rune.IsBmp)
        {
            return Contains((char)rune.Value);
        }

        foreach (var (first, last) in _beyond)
        {
            if (rune.Value <= last)
            {
                return rune.Value >= first;
            }
        }

        return false;
    }

    private static int Value(ReadOnlySpan<char> hexadecimal) => int.Parse(hexadecimal, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

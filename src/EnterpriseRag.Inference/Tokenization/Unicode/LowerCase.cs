using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Unicode;

/// <summary>
/// Lower case as the reference has it (Rust's <c>char::to_lowercase</c>, Unicode 17): of .NET's invariant culture but for U+0130, which becomes two
/// characters, and the capitals of the last two versions.
/// </summary>
internal static class LowerCase
{
    /// <summary>The most UTF-16 units that one character becomes.</summary>
    public const int MaxUnits = 2;

    private const int DottedCapitalI = 0x130;
    private const int FirstLater = 0x1C89;

    public static bool Changes(Rune rune) => rune.Value == DottedCapitalI || Of(rune) != rune;

    /// <summary>Writes the character in lower case and returns the number of units.</summary>
    public static int Write(Rune rune, Span<char> lower)
    {
        if (rune.Value == DottedCapitalI)
        {
            lower[0] = 'i';
            lower[1] = '\u0307';
            return 2;
        }

        return Of(rune).EncodeToUtf16(lower);
    }

    private static Rune Of(Rune rune)
    {
        var lower = Rune.ToLowerInvariant(rune);
        return lower == rune && rune.Value >= FirstLater ? new Rune(Later(rune.Value)) : lower;
    }

    private static int Later(int capital) => capital switch
    {
        0xA7CB => 0x264,
        0xA7DC => 0x19B,
        0x1C89 or 0xA7CC or 0xA7CE or 0xA7D2 or 0xA7D4 or 0xA7DA => capital + 1,
        >= 0x10D50 and <= 0x10D65 => capital + 0x20,
        >= 0x16EA0 and <= 0x16EB8 => capital + 0x1B,
        _ => capital,
    };
}

using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Unicode;

/// <summary>Lower case as Rust's <c>char::to_lowercase</c> has it: of .NET's invariant culture but for U+0130, which becomes two characters.</summary>
internal static class LowerCase
{
    /// <summary>The most UTF-16 units that one character becomes.</summary>
    public const int MaxUnits = 2;

    private const int DottedCapitalI = 0x130;

    public static bool Changes(Rune rune) => rune.Value == DottedCapitalI || Rune.ToLowerInvariant(rune) != rune;

    /// <summary>Writes the character in lower case and returns the number of units.</summary>
    public static int Write(Rune rune, Span<char> lower)
    {
        if (rune.Value == DottedCapitalI)
        {
            lower[0] = 'i';
            lower[1] = '\u0307';
            return 2;
        }

        return Rune.ToLowerInvariant(rune).EncodeToUtf16(lower);
    }
}

using System.Globalization;
using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Text;

/// <summary>
/// A set of character classes: bit k for the general category k, one further bit for white space, which is taken out of its categories
/// (tab and line ends from Cc, the spaces from Z*). What the published pre-tokeniser expressions tell apart is a union of these.
/// </summary>
internal readonly record struct CharacterClass(uint Bits)
{
    public static CharacterClass Upper => Of(UnicodeCategory.UppercaseLetter);

    public static CharacterClass Lower => Of(UnicodeCategory.LowercaseLetter);

    public static CharacterClass Title => Of(UnicodeCategory.TitlecaseLetter);

    /// <summary>\p{Lm}\p{Lo}</summary>
    public static CharacterClass Caseless => Of(UnicodeCategory.ModifierLetter) | Of(UnicodeCategory.OtherLetter);

    public static CharacterClass Letter => Upper | Lower | Title | Caseless;

    public static CharacterClass Mark => Of(UnicodeCategory.NonSpacingMark) | Of(UnicodeCategory.SpacingCombiningMark) | Of(UnicodeCategory.EnclosingMark);

    public static CharacterClass Number => Of(UnicodeCategory.DecimalDigitNumber) | Of(UnicodeCategory.LetterNumber) | Of(UnicodeCategory.OtherNumber);

    public static CharacterClass Space => new(1u << CharacterClasses.SpaceIndex);

    /// <summary>\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}</summary>
    public static CharacterClass UpperWord => Upper | Title | Caseless | Mark;

    /// <summary>\p{Ll}\p{Lm}\p{Lo}\p{M}</summary>
    public static CharacterClass LowerWord => Lower | Caseless | Mark;

    /// <summary>[^\s\p{L}\p{N}]</summary>
    public static CharacterClass Sign => new(~(Letter | Number | Space).Bits);

    /// <summary>[^\s\p{L}\p{M}\p{N}]</summary>
    public static CharacterClass SignWithoutMarks => new(~(Letter | Mark | Number | Space).Bits);

    public static CharacterClass operator |(CharacterClass left, CharacterClass right) => new(left.Bits | right.Bits);

    /// <summary>Whether the two have a class in common.</summary>
    public bool Overlaps(CharacterClass other) => (Bits & other.Bits) != 0;

    private static CharacterClass Of(UnicodeCategory category) => new(1u << (int)category);
}

/// <summary>Character classes by a table for the BMP (64 KiB, one for the process) and by category beyond it.</summary>
internal static class CharacterClasses
{
    public const byte SpaceIndex = 31;

    private static readonly byte[] s_basicPlane = BuildBasicPlane();

    /// <summary>Class of the character at <paramref name="index"/> of a well-formed text and its length in units.</summary>
    public static CharacterClass At(ReadOnlySpan<char> text, int index, out int length)
    {
        var unit = text[index];
        if (!char.IsHighSurrogate(unit) || index + 1 == text.Length)
        {
            length = 1;
            return new CharacterClass(1u << s_basicPlane[unit]);
        }

        length = 2;
        return new CharacterClass(1u << Index(Rune.TryCreate(unit, text[index + 1], out var rune) ? rune : Rune.ReplacementChar));
    }

    /// <summary>Whether the character at <paramref name="index"/> is of <paramref name="wanted"/>.</summary>
    public static bool Is(ReadOnlySpan<char> text, int index, CharacterClass wanted, out int length) => At(text, index, out length).Overlaps(wanted);

    /// <summary>End of the run of <paramref name="wanted"/> that begins at <paramref name="start"/>.</summary>
    public static int EndOfRun(ReadOnlySpan<char> text, int start, CharacterClass wanted)
    {
        while (start < text.Length && At(text, start, out var length).Overlaps(wanted))
        {
            start += length;
        }

        return start;
    }

    private static byte Index(Rune rune) => Rune.IsWhiteSpace(rune) ? SpaceIndex : (byte)Rune.GetUnicodeCategory(rune);

    private static byte[] BuildBasicPlane()
    {
        var table = new byte[0x10000];
        for (var unit = 0; unit < table.Length; unit++)
        {
            table[unit] = Rune.TryCreate(unit, out var rune) ? Index(rune) : (byte)UnicodeCategory.Surrogate;
        }

        return table;
    }
}

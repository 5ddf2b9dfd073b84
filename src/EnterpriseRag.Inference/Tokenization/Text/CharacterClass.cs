using System.Globalization;
using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Text;

/// <summary>What the published pre-tokeniser expressions tell apart: \p{L}, \p{N}, \s and the rest.</summary>
internal enum CharacterClass : byte
{
    Other = 0,
    Letter = 1,
    Number = 2,
    Space = 3,
}

/// <summary>Character classes by a table for the BMP (64 KiB, one for the process) and by category beyond it.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] s_basicPlane = BuildBasicPlane();

    /// <summary>Class of the character at <paramref name="index"/> of a well-formed text and its length in units.</summary>
    public static CharacterClass At(ReadOnlySpan<char> text, int index, out int length)
    {
        var unit = text[index];
        if (!char.IsHighSurrogate(unit) || index + 1 == text.Length)
        {
            length = 1;
            return s_basicPlane[unit];
        }

        length = 2;
        return Of(Rune.TryCreate(unit, text[index + 1], out var rune) ? rune : Rune.ReplacementChar);
    }

    /// <summary>End of the run of <paramref name="wanted"/> that begins at <paramref name="start"/>.</summary>
    public static int EndOfRun(ReadOnlySpan<char> text, int start, CharacterClass wanted)
    {
        while (start < text.Length && At(text, start, out var length) == wanted)
        {
            start += length;
        }

        return start;
    }

    private static CharacterClass Of(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
        _ => Rune.IsWhiteSpace(rune) ? CharacterClass.Space : CharacterClass.Other,
    };

    private static CharacterClass[] BuildBasicPlane()
    {
        var table = new CharacterClass[0x10000];
        for (var unit = 0; unit < table.Length; unit++)
        {
            table[unit] = Rune.TryCreate(unit, out var rune) ? Of(rune) : CharacterClass.Other;
        }

        return table;
    }
}

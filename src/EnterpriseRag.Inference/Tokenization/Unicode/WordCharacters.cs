using System.Globalization;
using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Unicode;

/// <summary><c>\w</c> of Rust's regular expressions (Unicode's rule): alphabetic, marks, decimal digits, connectors, joiners.</summary>
internal static class WordCharacters
{
    public static bool Contains(Rune rune)
    {
        if (rune.IsAscii)
        {
            return char.IsAsciiLetterOrDigit((char)rune.Value) || rune.Value == '_';
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
                or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
                or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
            UnicodeCategory.OtherSymbol => IsCircledLetter(rune.Value),
            _ => rune.Value is 0x200C or 0x200D,
        };
    }

    // The alphabetic characters among the symbols.
    private static bool IsCircledLetter(int value) => value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}

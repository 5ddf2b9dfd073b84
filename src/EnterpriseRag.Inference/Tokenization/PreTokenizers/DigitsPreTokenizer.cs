using System.Text;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Digits", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.DigitsPreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Sets numbers (categories Nd, Nl, No) apart, each on its own or as runs.</summary>
internal sealed class DigitsPreTokenizer(bool individual) : IPreTokenizer, ICharacterDelimiters
{
    public static IPreTokenizer Read(ComponentSettings settings) => new DigitsPreTokenizer(settings.Flag("individual_digits", absent: false));

    public static bool Contains(ReadOnlySpan<char> text, int index, out int length) =>
        CharacterClasses.Is(text, index, CharacterClass.Number, out length) || (length == 2 && IsLater(new Rune(text[index], text[index + 1]).Value));

    public void Divide(PreTokenizedText text) =>
        CharacterSplitting.Divide<DigitsPreTokenizer>(text, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    // Digits of Unicode 17, which the reference knows and .NET 10 does not.
    private static bool IsLater(int value) => value is (>= 0x11DE0 and <= 0x11DE9) or (>= 0x16FF4 and <= 0x16FF6);
}

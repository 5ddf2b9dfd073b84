using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Digits", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.DigitsPreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Sets numbers (categories Nd, Nl, No) apart, each on its own or as runs.</summary>
internal sealed class DigitsPreTokenizer(bool individual) : IPreTokenizer, ICharacterDelimiters
{
    public static IPreTokenizer Read(ComponentSettings settings) => new DigitsPreTokenizer(settings.Flag("individual_digits", absent: false));

    public static bool Contains(ReadOnlySpan<char> text, int index, out int length) => CharacterClasses.Is(text, index, CharacterClass.Number, out length);

    public void Divide(PreTokenizedText text) =>
        CharacterSplitting.Divide<DigitsPreTokenizer>(text, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);
}

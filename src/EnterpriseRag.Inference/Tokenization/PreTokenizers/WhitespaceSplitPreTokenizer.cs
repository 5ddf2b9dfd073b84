using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("WhitespaceSplit", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.WhitespaceSplitPreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Divides at white space, which vanishes.</summary>
internal sealed class WhitespaceSplitPreTokenizer : IPreTokenizer, ICharacterDelimiters
{
    public static IPreTokenizer Read(ComponentSettings settings) => new WhitespaceSplitPreTokenizer();

    public static bool Contains(ReadOnlySpan<char> text, int index, out int length)
    {
        length = 1; // all white space is in the BMP
        return char.IsWhiteSpace(text[index]);
    }

    public void Divide(PreTokenizedText text) => CharacterSplitting.Divide<WhitespaceSplitPreTokenizer>(text, SplitBehavior.Removed);
}

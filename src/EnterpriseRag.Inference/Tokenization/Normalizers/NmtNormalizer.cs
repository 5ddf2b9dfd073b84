using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Nmt", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.NmtNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>SentencePiece's rule for machine translation: removes controls and makes spaces of line ends, odd spaces and the visible space.</summary>
internal sealed class NmtNormalizer : INormalizer, ICharacterRule
{
    public static INormalizer Read(ComponentSettings settings) => new NmtNormalizer();

    public static CharacterChange Decide(ReadOnlySpan<char> text, int index, out int length)
    {
        length = 1; // all it touches is in the BMP
        return text[index] switch
        {
            (>= '\u0001' and <= '\u0008') or '\u000B' or (>= '\u000E' and <= '\u001F') or '\u007F' or '\u008F' or '\u009F' => CharacterChange.Remove,
            '\t' or '\n' or '\f' or '\r' or '\u1680' or (>= '\u200B' and <= '\u200F') or '\u2028' or '\u2029' or '\u2581' or '\uFEFF' or '\uFFFD' => CharacterChange.Space,
            _ => CharacterChange.Keep,
        };
    }

    public void Normalize(NormalizedText text) => CharacterFilter.Apply<NmtNormalizer>(text);
}

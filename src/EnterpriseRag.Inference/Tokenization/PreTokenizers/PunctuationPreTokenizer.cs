using System.Text;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Unicode;

[assembly: TokenizerComponent("Punctuation", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.PunctuationPreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Divides at punctuation: ASCII signs and categories P*.</summary>
internal sealed class PunctuationPreTokenizer(SplitBehavior behavior) : IPreTokenizer, ICharacterDelimiters
{
    private static readonly CodePointSet s_punctuation = CodePointSet.Parse(ReferenceTables.Punctuation);

    public static IPreTokenizer Read(ComponentSettings settings) =>
        new PunctuationPreTokenizer(settings.Json.TryGetProperty("behavior", out _) ? PieceDivider.Read(settings, "behavior") : SplitBehavior.Isolated);

    public static bool Contains(ReadOnlySpan<char> text, int index, out int length)
    {
        var unit = text[index];
        if (!char.IsHighSurrogate(unit))
        {
            length = 1;
            return s_punctuation.Contains(unit);
        }

        Rune.DecodeFromUtf16(text[index..], out var rune, out length);
        return s_punctuation.Contains(rune);
    }

    public void Divide(PreTokenizedText text) => CharacterSplitting.Divide<PunctuationPreTokenizer>(text, behavior);
}

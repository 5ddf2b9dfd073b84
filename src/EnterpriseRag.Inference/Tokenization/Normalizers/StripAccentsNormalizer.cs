using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Unicode;

[assembly: TokenizerComponent("StripAccents", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.StripAccentsNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>Removes marks (categories Mn, Mc, Me); usually after NFD.</summary>
internal sealed class StripAccentsNormalizer : INormalizer, ICharacterRule
{
    private static readonly CodePointSet s_marks = CodePointSet.Parse(ReferenceTables.CombiningMarks);

    public static INormalizer Read(ComponentSettings settings) => new StripAccentsNormalizer();

    public static CharacterChange Decide(ReadOnlySpan<char> text, int index, out int length) =>
        s_marks.Contains(RuneAt.Read(text, index, out length)) ? CharacterChange.Remove : CharacterChange.Keep;

    public void Normalize(NormalizedText text) => CharacterFilter.Apply<StripAccentsNormalizer>(text);
}

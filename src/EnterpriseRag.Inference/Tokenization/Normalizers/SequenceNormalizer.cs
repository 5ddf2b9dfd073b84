using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Sequence", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.SequenceNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>Normalisers one after the other.</summary>
internal sealed class SequenceNormalizer(INormalizer[] normalizers) : INormalizer
{
    public static INormalizer Read(ComponentSettings settings) => new SequenceNormalizer(settings.Children<INormalizer>("normalizers"));

    public void Normalize(NormalizedText text)
    {
        foreach (var normalizer in normalizers)
        {
            normalizer.Normalize(text);
        }
    }
}

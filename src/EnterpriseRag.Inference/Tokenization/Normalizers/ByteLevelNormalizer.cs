using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("ByteLevel", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.ByteLevelNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>Writes each UTF-8 byte as a character of <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelNormalizer : INormalizer
{
    public static INormalizer Read(ComponentSettings settings) => new ByteLevelNormalizer();

    public void Normalize(NormalizedText text)
    {
        text.BeginRewrite();
        ByteAlphabet.Write(text, 0, text.Length);
        text.EndRewrite();
    }
}

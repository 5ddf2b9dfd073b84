using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Strip", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.StripNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>Takes white space away at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public static INormalizer Read(ComponentSettings settings) =>
        new StripNormalizer(settings.Flag("strip_left", absent: true), settings.Flag("strip_right", absent: true));

    public void Normalize(NormalizedText text)
    {
        var source = text.Text;
        var start = left ? source.Length - source.TrimStart().Length : 0;
        var end = right ? Math.Max(start, source.TrimEnd().Length) : source.Length;
        if (end - start == source.Length)
        {
            return;
        }

        text.BeginRewrite();
        text.Copy(start, end - start);
        text.EndRewrite();
    }
}

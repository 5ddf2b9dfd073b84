using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Prepend", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.PrependNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>Puts a fixed text in front of a text that is not empty; it stands for the first character.</summary>
internal sealed class PrependNormalizer(string prepended) : INormalizer
{
    // Longer than any published one; bounds how far a file can make text grow.
    private const int MaxLength = 256;

    public static INormalizer Read(ComponentSettings settings) => settings.Text("prepend") is { Length: <= MaxLength } prepended
        ? new PrependNormalizer(prepended)
        : throw settings.Unsupported($"a text of more than {MaxLength} characters");

    public void Normalize(NormalizedText text)
    {
        if (text.Length == 0)
        {
            return;
        }

        text.BeginRewrite();
        text.Write(prepended, 0);
        text.Copy(0, text.Length);
        text.EndRewrite();
    }
}

using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Replace", typeof(EnterpriseRag.Inference.Tokenization.Normalizers.ReplaceNormalizer))]

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>Puts a fixed text in the place of every match; the new text stands for the last character of the match.</summary>
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : INormalizer
{
    // Longer than any published one; bounds how far a file can make text grow.
    private const int MaxContent = 256;

    public static INormalizer Read(ComponentSettings settings) => settings.Text("content") is { Length: <= MaxContent } content
        ? new ReplaceNormalizer(TextPattern.Read(settings), content)
        : throw settings.Unsupported($"content of more than {MaxContent} characters");

    public void Normalize(NormalizedText text)
    {
        if (!pattern.TryFind(text.Text, 0, out var start, out var end))
        {
            return;
        }

        text.BeginRewrite();
        var copied = 0;
        do
        {
            text.Copy(copied, start - copied);
            if (content.Length > 0)
            {
                text.Write(content, end - 1);
            }

            copied = end;
        }
        while (pattern.TryFind(text.Text, copied, out start, out end));

        text.Copy(copied, text.Length - copied);
        text.EndRewrite();
    }
}

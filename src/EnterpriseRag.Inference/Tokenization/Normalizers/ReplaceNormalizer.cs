using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Expressions;
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
        text.Matches.Clear();
        pattern.FindAll(text.Text, text.Matches);
        if (text.Matches.Count == 0)
        {
            return;
        }

        text.BeginRewrite();
        var copied = 0;
        foreach (var match in text.Matches)
        {
            text.Copy(copied, match.Start - copied);
            copied = match.Start + match.Length;
            if (content.Length > 0)
            {
                text.Write(content, copied - 1);
            }
        }

        text.Copy(copied, text.Length - copied);
        text.EndRewrite();
    }
}

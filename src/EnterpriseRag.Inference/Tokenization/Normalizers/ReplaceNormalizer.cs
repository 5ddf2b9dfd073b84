using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.Normalizers;

/// <summary>Puts a fixed text in the place of every match; the new text stands for the last character of the match.</summary>
[TokenizerComponent("Replace")]
internal sealed class ReplaceNormalizer(TextPattern pattern, string content) : INormalizer
{
    public static INormalizer Read(ComponentSettings settings) =>
        new ReplaceNormalizer(TextPattern.Read(settings), settings.Text("content"));

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

using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("ByteLevel", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.ByteLevelPreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Divides by GPT-2's expression (if asked to) and writes each UTF-8 byte as a character of <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    public static IPreTokenizer Read(ComponentSettings settings) =>
        new ByteLevelPreTokenizer(settings.Flag("add_prefix_space", absent: true), settings.Flag("use_regex", absent: true));

    public void Divide(PreTokenizedText text)
    {
        if (addPrefixSpace)
        {
            AddPrefixSpace(text);
        }

        var units = text.Text.Text;
        text.Text.BeginRewrite();
        foreach (var piece in text.Pieces)
        {
            var source = units.Slice(piece.Start, piece.Length);
            for (var i = 0; i < source.Length;)
            {
                var end = useRegex ? Gpt2Scanner.Shared.NextEnd(source, i) : source.Length;
                var written = text.Text.Written;
                ByteAlphabet.Write(text.Text, piece.Start + i, piece.Start + end);
                text.Add(written, text.Text.Written);
                i = end;
            }
        }

        text.Text.EndRewrite();
        text.Commit();
    }

    private static void AddPrefixSpace(PreTokenizedText text)
    {
        var units = text.Text.Text;
        text.Text.BeginRewrite();
        foreach (var piece in text.Pieces)
        {
            var written = text.Text.Written;
            if (units[piece.Start] != ' ')
            {
                text.Text.Write(' ', piece.Start);
            }

            text.Text.Copy(piece.Start, piece.Length);
            text.Add(written, text.Text.Written);
        }

        text.Text.EndRewrite();
        text.Commit();
    }
}

using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("BertPreTokenizer", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.BertPreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>White space vanishes, each punctuation character is a piece.</summary>
internal sealed class BertPreTokenizer : IPreTokenizer
{
    public static IPreTokenizer Read(ComponentSettings settings) => new BertPreTokenizer();

    public void Divide(PreTokenizedText text)
    {
        var units = text.Text.Text;
        foreach (var piece in text.Pieces)
        {
            var end = piece.Start + piece.Length;
            var start = piece.Start;
            for (var i = start; i < end;)
            {
                var unit = units[i];
                if (char.IsAsciiLetterOrDigit(unit))
                {
                    i++;
                }
                else if (char.IsWhiteSpace(unit))
                {
                    text.Add(start, i++);
                    start = i;
                }
                else if (PunctuationPreTokenizer.Contains(units, i, out var length))
                {
                    text.Add(start, i);
                    text.Add(i, i + length);
                    i += length;
                    start = i;
                }
                else
                {
                    i += length;
                }
            }

            text.Add(start, end);
        }

        text.Commit();
    }
}

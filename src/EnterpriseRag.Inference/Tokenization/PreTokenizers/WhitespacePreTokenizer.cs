using System.Text;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Unicode;

[assembly: TokenizerComponent("Whitespace", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.WhitespacePreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Keeps runs of word characters and runs of what is neither word nor white space: <c>\w+|[^\w\s]+</c>.</summary>
internal sealed class WhitespacePreTokenizer : IPreTokenizer
{
    private enum Kind
    {
        Space,
        Word,
        Sign,
    }

    public static IPreTokenizer Read(ComponentSettings settings) => new WhitespacePreTokenizer();

    public void Divide(PreTokenizedText text)
    {
        var units = text.Text.Text;
        foreach (var piece in text.Pieces)
        {
            var end = piece.Start + piece.Length;
            for (var i = piece.Start; i < end;)
            {
                var start = i;
                var kind = KindAt(units, i, out var length);
                do
                {
                    i += length;
                }
                while (i < end && KindAt(units, i, out length) == kind);

                if (kind != Kind.Space)
                {
                    text.Add(start, i);
                }
            }
        }

        text.Commit();
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int index, out int length)
    {
        Rune.DecodeFromUtf16(text[index..], out var rune, out length);
        return WordCharacters.Contains(rune) ? Kind.Word : Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Sign;
    }
}

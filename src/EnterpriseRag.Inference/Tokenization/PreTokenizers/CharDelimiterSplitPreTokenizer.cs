using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("CharDelimiterSplit", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.CharDelimiterSplitPreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Divides at a character, which vanishes.</summary>
internal sealed class CharDelimiterSplitPreTokenizer(string delimiter) : IPreTokenizer
{
    public static IPreTokenizer Read(ComponentSettings settings)
    {
        var delimiter = settings.Text("delimiter");
        return delimiter.Length > 0 && System.Text.Rune.DecodeFromUtf16(delimiter, out _, out var length) == System.Buffers.OperationStatus.Done && length == delimiter.Length
            ? new CharDelimiterSplitPreTokenizer(delimiter)
            : throw settings.Wrong("delimiter", "one character");
    }

    public void Divide(PreTokenizedText text)
    {
        var units = text.Text.Text;
        foreach (var piece in text.Pieces)
        {
            var end = piece.Start + piece.Length;
            var start = piece.Start;
            while (units[start..end].IndexOf(delimiter, StringComparison.Ordinal) is >= 0 and var found)
            {
                text.Add(start, start + found);
                start += found + delimiter.Length;
            }

            text.Add(start, end);
        }

        text.Commit();
    }
}

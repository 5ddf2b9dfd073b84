using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Expressions;
using EnterpriseRag.Inference.Tokenization.Text;

[assembly: TokenizerComponent("Split", typeof(EnterpriseRag.Inference.Tokenization.PreTokenizers.SplitPreTokenizer))]

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>Divides at the matches of a pattern, or (inverted) at what does not match.</summary>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    // A published expression that covers every text: each match is a piece, whether the file calls that isolated or the inverse of removed.
    private readonly IPieceScanner? _scanner =
        (behavior == SplitBehavior.Isolated || (behavior == SplitBehavior.Removed && invert)) && pattern is ScannerPattern known ? known.Scanner : null;

    public static IPreTokenizer Read(ComponentSettings settings) =>
        new SplitPreTokenizer(TextPattern.Read(settings), PieceDivider.Read(settings, "behavior"), settings.Flag("invert", absent: false));

    public void Divide(PreTokenizedText text)
    {
        if (_scanner is not null)
        {
            _scanner.Divide(text);
            text.Commit();
            return;
        }

        var units = text.Text.Text;
        foreach (var piece in text.Pieces)
        {
            var divider = new PieceDivider(text, behavior);
            text.Matches.Clear();
            pattern.FindAll(units.Slice(piece.Start, piece.Length), text.Matches);
            var done = 0;
            foreach (var match in text.Matches)
            {
                if (match.Start > done)
                {
                    divider.Add(piece.Start + done, piece.Start + match.Start, isDelimiter: invert);
                }

                done = match.Start + match.Length;
                divider.Add(piece.Start + match.Start, piece.Start + done, isDelimiter: !invert);
            }

            if (done < piece.Length)
            {
                divider.Add(piece.Start + done, piece.Start + piece.Length, isDelimiter: invert);
            }

            divider.Finish();
        }

        text.Commit();
    }
}

using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>A published expression whose matches cover any text without gaps, as a hand-written scanner. Thread-safe.</summary>
internal interface IPieceScanner
{
    /// <summary>End of the match that begins at <paramref name="start"/> of a text that ends with the piece.</summary>
    int NextEnd(ReadOnlySpan<char> text, int start);

    /// <summary>Adds each match in each piece as a piece.</summary>
    void Divide(PreTokenizedText text);
}

/// <summary>The loop over a scanner, one copy for each so that the call inside is direct.</summary>
internal static class PieceScanning
{
    public static void Divide<TScanner>(TScanner scanner, PreTokenizedText text)
        where TScanner : IPieceScanner
    {
        var units = text.Text.Text;
        foreach (var piece in text.Pieces)
        {
            var source = units.Slice(piece.Start, piece.Length);
            for (var i = 0; i < source.Length;)
            {
                var end = scanner.NextEnd(source, i);
                text.Add(piece.Start + i, piece.Start + end);
                i = end;
            }
        }
    }
}

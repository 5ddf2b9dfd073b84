namespace EnterpriseRag.Inference.Tokenization.Text;

/// <summary>Part of a <see cref="NormalizedText"/> that the model tokenises on its own.</summary>
internal readonly record struct Piece(int Start, int Length);

/// <summary>A normalised text and its division into pieces, in order. One thread at a time.</summary>
internal sealed class PreTokenizedText
{
    private List<Piece> _pieces = [];
    private List<Piece> _next = [];

    public NormalizedText Text { get; } = new();

    /// <summary>Whether the text begins where the source begins (Metaspace scheme <c>first</c>).</summary>
    public bool IsFirst { get; private set; }

    public List<Piece> Pieces => _pieces;

    /// <summary>Room for the matches of a pattern in one piece.</summary>
    public List<Piece> Matches { get; } = [];

    /// <summary>Whether a piece begins where the source begins: known where spans are kept, otherwise taken from its place.</summary>
    public bool BeginsSource(Piece piece) => Text.TracksSource ? Text.Source(piece.Start, piece.Start + 1).Start == 0 : IsFirst && piece.Start == 0;

    /// <summary>Makes the whole of <see cref="Text"/> the only piece.</summary>
    public void Reset(bool isFirst)
    {
        IsFirst = isFirst;
        _pieces.Clear();
        _next.Clear();
        if (Text.Length > 0)
        {
            _pieces.Add(new Piece(0, Text.Length));
        }
    }

    /// <summary>Adds a piece to the coming division; empty ones vanish.</summary>
    public void Add(int start, int end)
    {
        if (end > start)
        {
            _next.Add(new Piece(start, end - start));
        }
    }

    /// <summary>Puts the pieces added since the last call in place of the present ones.</summary>
    public void Commit()
    {
        (_pieces, _next) = (_next, _pieces);
        _next.Clear();
    }
}

using EnterpriseRag.Inference.Tokenization.Models;
using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Vocabulary;

namespace EnterpriseRag.Inference.Tokenization;

/// <summary>The working memory of one encoding thread; pooled by the tokenizer.</summary>
internal sealed class TokenizerWorker(ITokenModel model)
{
    // A pooled worker keeps at most about 10 MB of buffers; what a larger document needed goes back to the collector.
    private const int MaxKeptUnits = 1 << 19;

    private readonly ITokenWorker _model = model.CreateWorker();
    private readonly PieceCache _cache = new();
    private readonly TokenBuffer _piece = new();

    public TokenBuffer Tokens { get; } = new();

    public NormalizedText Normalized { get; } = new();

    public PreTokenizedText Pieces { get; } = new();

    public bool IsWorthKeeping => Normalized.Capacity + Pieces.Text.Capacity <= MaxKeptUnits;

    /// <summary>Appends the tokens of all pieces to <see cref="Tokens"/>.</summary>
    public void TokenizePieces()
    {
        var text = Pieces.Text;
        foreach (var piece in Pieces.Pieces)
        {
            var units = text.Text.Slice(piece.Start, piece.Length);
            for (var start = 0; start < units.Length;)
            {
                var end = _model.PartEnd(units, start);
                TokenizePart(units[start..end], piece.Start + start, text);
                start = end;
            }
        }
    }

    private void TokenizePart(ReadOnlySpan<char> units, int origin, NormalizedText text)
    {
        _piece.Clear();
        var slot = PieceCache.SlotOf(units);
        if (slot < 0 || !_cache.TryGet(slot, units, _piece))
        {
            _model.Tokenize(units, _piece);
            if (slot >= 0)
            {
                _cache.Put(slot, units, _piece);
            }
        }

        var ids = _piece.Ids;
        var starts = _piece.Starts;
        var ends = _piece.Ends;
        for (var i = 0; i < ids.Length; i++)
        {
            Tokens.Add(ids[i], text.Source(origin + starts[i], origin + ends[i]));
        }
    }
}

using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Vocabulary;

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>Viterbi search over a piece, left to right, one node for each end position.</summary>
internal sealed class UnigramWorker(UnigramModel model) : ITokenWorker
{
    private const int Unreached = -1;

    // The best division that ends at a position: its score, where its last token begins, and that token.
    private double[] _scores = new double[64];
    private int[] _begins = new int[64];
    private int[] _ids = new int[64];
    private int[] _path = new int[64];

    public void Tokenize(ReadOnlySpan<char> piece, TokenBuffer tokens)
    {
        Reserve(piece.Length + 1);
        _begins.AsSpan(0, piece.Length + 1).Fill(Unreached);
        _scores[0] = 0;
        for (var start = 0; start < piece.Length;)
        {
            var characterLength = char.IsHighSurrogate(piece[start]) ? 2 : 1;
            if (!ExtendByTokens(piece, start, characterLength))
            {
                Offer(start, start + characterLength, model.UnknownId, model.UnknownScore);
            }

            start += characterLength;
        }

        Collect(piece, tokens);
    }

    /// <summary>Offers every token that begins here; true if one is exactly the character here.</summary>
    private bool ExtendByTokens(ReadOnlySpan<char> piece, int start, int characterLength)
    {
        var trie = model.Trie;
        var scores = model.Scores;
        var single = false;
        var node = PieceTrie.Root;
        for (var end = start; end < piece.Length;)
        {
            node = trie.Step(node, piece[end++]);
            if (node == PieceTrie.None)
            {
                break;
            }

            var id = trie.Value(node);
            if (id != PieceTrie.None)
            {
                Offer(start, end, id, scores[id]);
                single |= end - start == characterLength;
            }
        }

        return single;
    }

    private void Offer(int start, int end, int id, double score)
    {
        var total = score + _scores[start];
        if (_begins[end] == Unreached || total > _scores[end])
        {
            _scores[end] = total;
            _begins[end] = start;
            _ids[end] = id;
        }
    }

    /// <summary>Walks the best path back and adds its tokens; neighbouring unknown ones become one.</summary>
    private void Collect(ReadOnlySpan<char> piece, TokenBuffer tokens)
    {
        var count = 0;
        for (var end = piece.Length; end > 0; end = _begins[end])
        {
            _path[count++] = end;
        }

        for (var i = count - 1; i >= 0; i--)
        {
            var id = _ids[_path[i]];
            var start = _begins[_path[i]];
            while (id == model.UnknownId && i > 0 && _ids[_path[i - 1]] == model.UnknownId)
            {
                i--;
            }

            var end = _path[i];
            // The unknown token's own text is that token, never bytes.
            if (id != model.UnknownId || model.Bytes is null || model.Trie.Find(piece[start..end]) == id || !model.Bytes.TryAdd(piece[start..end], start, end, tokens))
            {
                tokens.Add(id, start, end);
            }
        }
    }

    private void Reserve(int length)
    {
        if (_scores.Length < length)
        {
            var size = Math.Max(length, _scores.Length * 2);
            _scores = new double[size];
            _begins = new int[size];
            _ids = new int[size];
            _path = new int[size];
        }
    }
}

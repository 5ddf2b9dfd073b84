using System.Text;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>
/// Merges the characters of a piece over a linked list, the next merge from a heap ordered by rank, then position: O(n log n)
/// also when the piece is a whole document, as in SentencePiece vocabularies.
/// </summary>
internal sealed class BpeWorker(BpeModel model) : ITokenWorker
{
    private const int End = -1;
    private const int NoMerge = -1;

    // Symbols in order; removed ones are skipped by the links. PairRank of a symbol: rank of the merge with its right
    // neighbour, NoMerge if none. A heap entry counts only while it agrees with it, so nothing is deleted from the heap.
    private readonly TokenBuffer _symbols = new();
    private readonly PriorityQueue<long, long> _heap = new();
    private int[] _previous = new int[64];
    private int[] _next = new int[64];
    private int[] _pairRank = new int[64];
    private int[] _pairMerged = new int[64];

    public void Tokenize(ReadOnlySpan<char> piece, TokenBuffer tokens)
    {
        if (model.IgnoresMerges && model.Id(piece) is >= 0 and var whole)
        {
            tokens.Add(whole, 0, piece.Length);
            return;
        }

        _symbols.Clear();
        AddCharacters(piece);
        Link();
        Merge();
        for (var i = _symbols.Count > 0 ? 0 : End; i != End; i = _next[i])
        {
            tokens.Add(_symbols.Ids[i], _symbols.Starts[i], _symbols.Ends[i]);
        }
    }

    private void AddCharacters(ReadOnlySpan<char> piece)
    {
        var (unknownStart, unknownEnd) = (0, 0);
        for (var i = 0; i < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[i..], out var character, out var length);
            var id = model.CharacterId(character, isFirst: i == 0, isLast: i + length == piece.Length);
            if (id >= 0)
            {
                FlushUnknown(ref unknownStart, ref unknownEnd);
                _symbols.Add(id, i, i + length);
            }
            else if (!TryAddBytes(character, piece.Slice(i, length), i, isLast: i + length == piece.Length) && model.Unknown is not null)
            {
                if (model.UnknownId < 0)
                {
                    throw new TokenizerFormatException($"A character is not in the vocabulary, and neither is the unknown token '{model.Unknown}'.");
                }

                if (!model.FusesUnknown)
                {
                    FlushUnknown(ref unknownStart, ref unknownEnd);
                }

                unknownStart = unknownEnd > unknownStart ? unknownStart : i;
                unknownEnd = i + length;
            }

            i += length;
        }

        FlushUnknown(ref unknownStart, ref unknownEnd);
    }

    /// <summary>As the reference does it, the vocabulary's prefix and suffix are spelled in bytes with the character.</summary>
    private bool TryAddBytes(Rune character, ReadOnlySpan<char> units, int start, bool isLast)
    {
        if (model.Bytes is null)
        {
            return false;
        }

        if (model.Prefix.Length + model.Suffix.Length == 0)
        {
            return model.Bytes.TryAdd(units, start, start + units.Length, _symbols);
        }

        return model.Bytes.TryAdd(model.Spelling(character, isFirst: start == 0, isLast, stackalloc char[BpeModel.MaxSpelling]), start, start + units.Length, _symbols);
    }

    private void FlushUnknown(ref int start, ref int end)
    {
        if (end > start)
        {
            _symbols.Add(model.UnknownId, start, end);
            (start, end) = (0, 0);
        }
    }

    private void Link()
    {
        var count = _symbols.Count;
        if (_next.Length < count)
        {
            var size = Math.Max(count, _next.Length * 2);
            _previous = new int[size];
            _next = new int[size];
            _pairRank = new int[size];
            _pairMerged = new int[size];
        }

        for (var i = 0; i < count; i++)
        {
            _previous[i] = i - 1;
            _next[i] = i + 1 < count ? i + 1 : End;
        }

        _heap.Clear();
        for (var i = 0; i < count; i++)
        {
            RankPair(i);
        }
    }

    private void Merge()
    {
        while (_heap.TryDequeue(out var entry, out _))
        {
            var left = (int)(entry & uint.MaxValue);
            if (_pairRank[left] != (int)(entry >> 32))
            {
                continue; // one of the two has since been merged otherwise
            }

            var right = _next[left];
            _symbols.Ids[left] = _pairMerged[left];
            _symbols.Ends[left] = _symbols.Ends[right];
            _pairRank[right] = NoMerge;
            _next[left] = _next[right];
            if (_next[left] != End)
            {
                _previous[_next[left]] = left;
            }

            RankPair(left);
            if (_previous[left] != End)
            {
                RankPair(_previous[left]);
            }
        }
    }

    private void RankPair(int left)
    {
        var right = _next[left];
        if (right == End || !model.Merges.TryGet(_symbols.Ids[left], _symbols.Ids[right], out var rank, out var merged))
        {
            _pairRank[left] = NoMerge;
            return;
        }

        _pairRank[left] = rank;
        _pairMerged[left] = merged;
        var entry = ((long)rank << 32) | (uint)left;
        _heap.Enqueue(entry, entry);
    }
}

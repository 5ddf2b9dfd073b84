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

    private (int Start, int End, int Bytes) _unknown; // characters that wait to become the unknown token

    private int First => _symbols.Count > 0 ? 0 : End;

    public void Tokenize(ReadOnlySpan<char> piece, TokenBuffer tokens)
    {
        if (model.IgnoresMerges && model.Id(piece) is >= 0 and var whole)
        {
            tokens.Add(whole, 0, piece.Length);
            return;
        }

        if (!TryAddCharacters(piece, inBytes: false))
        {
            TryAddCharacters(piece, inBytes: true);
            MergeAll();
            AddTokensOfBytes(piece, tokens);
            return;
        }

        MergeAll();
        for (var i = First; i != End; i = _next[i])
        {
            tokens.Add(_symbols.Ids[i], _symbols.Starts[i], _symbols.Ends[i]);
        }
    }

    public int PartEnd(ReadOnlySpan<char> piece, int start) => model.Borders?.Next(piece, start) ?? piece.Length;

    private void MergeAll()
    {
        Link();
        Merge();
    }

    /// <summary>Makes the first symbols. False where their order or number is not that of the characters: then they need their positions in bytes.</summary>
    /// <remarks>
    /// The reference knows only lengths in bytes. A character that vanishes therefore moves all later spans to the left, and an unknown token, which
    /// waits for the next known character, is overtaken by byte tokens.
    /// </remarks>
    private bool TryAddCharacters(ReadOnlySpan<char> piece, bool inBytes)
    {
        _symbols.Clear();
        _unknown = default;
        for (var i = 0; i < piece.Length;)
        {
            Rune.DecodeFromUtf16(piece[i..], out var character, out var length);
            var (isFirst, isLast) = (i == 0, i + length == piece.Length);
            var id = model.CharacterId(character, isFirst, isLast);
            if (id >= 0)
            {
                FlushUnknown();
                Add(id, i, i + length, inBytes ? character.Utf8SequenceLength : 0);
            }
            else if (TryAddBytes(character, i, isFirst, isLast, inBytes))
            {
                if (_unknown.End > 0 && !inBytes)
                {
                    return false;
                }
            }
            else if (model.Unknown is not null)
            {
                AddUnknown(i, i + length, inBytes ? character.Utf8SequenceLength : 0);
            }
            else if (!inBytes)
            {
                return false;
            }

            i += length;
        }

        FlushUnknown();
        return true;
    }

    /// <summary>Adds the merged tokens whose positions are bytes of the piece.</summary>
    private void AddTokensOfBytes(ReadOnlySpan<char> piece, TokenBuffer tokens)
    {
        var (unit, bytes) = (0, 0);
        for (var i = First; i != End; i = _next[i])
        {
            SeekByte(piece, _symbols.Starts[i], ref unit, ref bytes);
            var start = unit;
            var length = SeekByte(piece, _symbols.Ends[i] - 1, ref unit, ref bytes);
            tokens.Add(_symbols.Ids[i], start, unit + length);
        }
    }

    /// <summary>Goes on to the character that holds a byte, at most to the last one; returns its length.</summary>
    private static int SeekByte(ReadOnlySpan<char> piece, int position, ref int unit, ref int bytes)
    {
        while (true)
        {
            Rune.DecodeFromUtf16(piece[unit..], out var character, out var length);
            if (position < bytes + character.Utf8SequenceLength || unit + length == piece.Length)
            {
                return length;
            }

            bytes += character.Utf8SequenceLength;
            unit += length;
        }
    }

    private void Add(int id, int start, int end, int bytes)
    {
        if (bytes > 0)
        {
            start = _symbols.Count > 0 ? _symbols.Ends[^1] : 0;
            end = start + bytes;
        }

        _symbols.Add(id, start, end);
    }

    private void AddUnknown(int start, int end, int bytes)
    {
        if (model.UnknownId < 0)
        {
            throw new TokenizerFormatException($"A character is not in the vocabulary, and neither is the unknown token '{model.Unknown}'.");
        }

        if (!model.FusesUnknown)
        {
            FlushUnknown();
        }

        _unknown = (_unknown.End > 0 ? _unknown.Start : start, end, _unknown.Bytes + bytes);
    }

    private void FlushUnknown()
    {
        if (_unknown.End > 0)
        {
            Add(model.UnknownId, _unknown.Start, _unknown.End, _unknown.Bytes);
            _unknown = default;
        }
    }

    /// <summary>As the reference does it, the vocabulary's prefix and suffix are spelled in bytes with the character.</summary>
    private bool TryAddBytes(Rune character, int start, bool isFirst, bool isLast, bool inBytes)
    {
        var first = _symbols.Count;
        if (model.Bytes is null || !model.Bytes.TryAdd(model.Spelling(character, isFirst, isLast, stackalloc char[BpeModel.MaxSpelling]), start, start + character.Utf16SequenceLength, _symbols))
        {
            return false;
        }

        for (var i = first; inBytes && i < _symbols.Count; i++)
        {
            _symbols.Starts[i] = i > 0 ? _symbols.Ends[i - 1] : 0;
            _symbols.Ends[i] = _symbols.Starts[i] + 1;
        }

        return true;
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

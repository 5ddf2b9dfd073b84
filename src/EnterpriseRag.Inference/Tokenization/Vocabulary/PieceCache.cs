using System.Runtime.InteropServices;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.Vocabulary;

/// <summary>
/// Tokens of pieces seen before: direct-mapped, fixed size (about 900 KiB), nothing allocated after construction. A
/// clash overwrites. Each worker has its own, so it needs no lock; text stays in it only as single words, in memory.
/// </summary>
internal sealed class PieceCache
{
    private const int Slots = 8192;
    private const int MaxUnits = 24;
    private const int MaxTokens = 8;

    private readonly Entry[] _entries = new Entry[Slots];

    /// <summary>Slot of a piece, or −1 for one that is too long to keep.</summary>
    public static int SlotOf(ReadOnlySpan<char> piece)
    {
        if (piece.Length > MaxUnits)
        {
            return -1;
        }

        var hash = (ulong)piece.Length;
        var words = MemoryMarshal.Cast<char, ulong>(piece);
        foreach (var word in words)
        {
            hash = (hash ^ word) * 0x9E3779B97F4A7C15UL;
            hash ^= hash >> 29;
        }

        foreach (var unit in piece[(words.Length * 4)..])
        {
            hash = (hash ^ unit) * 0x9E3779B97F4A7C15UL;
        }

        return (int)(hash >> (64 - 13));
    }

    /// <summary>Appends the kept tokens, with spans relative to the piece.</summary>
    public bool TryGet(int slot, ReadOnlySpan<char> piece, TokenBuffer tokens)
    {
        ref var entry = ref _entries[slot];
        if (entry.Tokens == 0 || !piece.SequenceEqual(((ReadOnlySpan<char>)entry.Units)[..entry.Length]))
        {
            return false;
        }

        for (var i = 0; i < entry.Tokens; i++)
        {
            tokens.Add(entry.Ids[i], entry.Starts[i], entry.Ends[i]);
        }

        return true;
    }

    public void Put(int slot, ReadOnlySpan<char> piece, TokenBuffer tokens)
    {
        if (tokens.Count is 0 or > MaxTokens)
        {
            return;
        }

        ref var entry = ref _entries[slot];
        entry.Length = (byte)piece.Length;
        entry.Tokens = (byte)tokens.Count;
        piece.CopyTo(entry.Units);
        for (var i = 0; i < tokens.Count; i++)
        {
            entry.Ids[i] = tokens.Ids[i];
            entry.Starts[i] = (byte)tokens.Starts[i];
            entry.Ends[i] = (byte)tokens.Ends[i];
        }
    }

    private struct Entry
    {
        public UnitBlock Units;
        public IdBlock Ids;
        public SpanBlock Starts;
        public SpanBlock Ends;
        public byte Length;
        public byte Tokens;
    }

    [System.Runtime.CompilerServices.InlineArray(MaxUnits)]
    private struct UnitBlock
    {
        private char _first;
    }

    [System.Runtime.CompilerServices.InlineArray(MaxTokens)]
    private struct IdBlock
    {
        private int _first;
    }

    [System.Runtime.CompilerServices.InlineArray(MaxTokens)]
    private struct SpanBlock
    {
        private byte _first;
    }
}

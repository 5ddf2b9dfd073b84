using System.Numerics;

namespace EnterpriseRag.Inference.Tokenization.Vocabulary;

/// <summary>The merges of byte pair encoding: (left id, right id) → (rank, merged id). Immutable after building.</summary>
internal sealed class MergeTable
{
    private readonly ulong[] _pairs; // pair + 1; 0 is empty (no pair is all ones)
    private readonly int[] _ranks;
    private readonly int[] _merged;
    private readonly int _shift;

    public MergeTable(int expected)
    {
        var slots = BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, expected * 2));
        _pairs = new ulong[slots];
        _ranks = new int[slots];
        _merged = new int[slots];
        _shift = 64 - BitOperations.Log2(slots);
    }

    /// <summary>Adds a merge; of two entries for one pair the later counts, as in the reference.</summary>
    public void Add(int left, int right, int rank, int merged)
    {
        var slot = Find(left, right);
        _pairs[slot] = Pair(left, right);
        _ranks[slot] = rank;
        _merged[slot] = merged;
    }

    public bool TryGet(int left, int right, out int rank, out int merged)
    {
        var slot = Find(left, right);
        rank = _ranks[slot];
        merged = _merged[slot];
        return _pairs[slot] != 0;
    }

    /// <summary>All merges, in no order.</summary>
    public IEnumerator<(int Left, int Right, int Merged)> GetEnumerator()
    {
        for (var slot = 0; slot < _pairs.Length; slot++)
        {
            if (_pairs[slot] != 0)
            {
                var pair = _pairs[slot] - 1;
                yield return ((int)(pair >> 32), (int)(pair & uint.MaxValue), _merged[slot]);
            }
        }
    }

    private static ulong Pair(int left, int right) => (((ulong)(uint)left << 32) | (uint)right) + 1;

    private int Find(int left, int right)
    {
        var pair = Pair(left, right);
        var mask = _pairs.Length - 1;
        var slot = (int)((pair * 0x9E3779B97F4A7C15UL) >> _shift);
        while (_pairs[slot] != 0 && _pairs[slot] != pair)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }
}

using System.Numerics;
using System.Text;

namespace EnterpriseRag.Inference.Tokenization.Vocabulary;

/// <summary>Finds ids by token text: open addressing over the bytes of a <see cref="TokenTable"/>. Immutable.</summary>
internal sealed class TokenIndex
{
    private readonly TokenTable _table;
    private readonly int[] _slots; // id + 1; 0 is empty

    public TokenIndex(TokenTable table)
    {
        _table = table;
        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, table.Count * 2))];
        for (var id = 0; id < table.Count; id++)
        {
            if (table.Contains(id))
            {
                Place(id);
            }
        }
    }

    /// <summary>Id of a token, or −1.</summary>
    public int Find(ReadOnlySpan<byte> utf8)
    {
        var mask = _slots.Length - 1;
        for (var slot = (int)Hash(utf8) & mask; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            if (_table.Utf8(_slots[slot] - 1).SequenceEqual(utf8))
            {
                return _slots[slot] - 1;
            }
        }

        return -1;
    }

    /// <summary>Id of a token, or −1.</summary>
    public int Find(ReadOnlySpan<char> token)
    {
        // Longer than any published token: not worth a heap buffer.
        const int MaxBytes = 512;
        Span<byte> utf8 = stackalloc byte[MaxBytes];
        return Encoding.UTF8.TryGetBytes(token, utf8, out var written) ? Find(utf8[..written]) : -1;
    }

    private static uint Hash(ReadOnlySpan<byte> utf8)
    {
        var hash = 2166136261u; // FNV-1a: built once over keys that the model's publisher chose
        foreach (var b in utf8)
        {
            hash = (hash ^ b) * 16777619u;
        }

        return hash ^ (hash >> 15);
    }

    private void Place(int id)
    {
        var mask = _slots.Length - 1;
        var slot = (int)Hash(_table.Utf8(id)) & mask;
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        _slots[slot] = id + 1;
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;

namespace EnterpriseRag.Inference.Tokenization.Vocabulary;

/// <summary>
/// A trie over UTF-16 units as one hash table of edges, 8 bytes each: (parent node, unit) → child. Built in one pass without
/// sorting (a double array of the same 250,000 pieces took longer to place than the rest of the load). Reading is
/// thread-safe once building has ended.
/// </summary>
/// <remarks>
/// Compiled at full optimisation at once, here and along the way of loading: 250,000 pieces come before the runtime's tiering
/// would notice that this is hot, and a cold load took a quarter longer.
/// </remarks>
internal sealed class PieceTrie
{
    public const int Root = 0;
    public const int None = -1;

    private const int NodeBits = 24;
    private const int MaxNodes = 1 << NodeBits;

    // Edge: parent (24 bits) | unit (16) | child (24). A child is never the root, so 0 is an empty slot.
    private ulong[] _edges;
    private int[] _values;
    private int _nodes = 1;
    private int _shift;

    public PieceTrie(int expectedNodes = 256)
    {
        var slots = BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(expectedNodes, 64, MaxNodes) * 3 / 2);
        _edges = new ulong[slots];
        _shift = 64 - BitOperations.Log2(slots);
        _values = new int[Math.Max(1, expectedNodes)];
        _values[Root] = None;
    }

    /// <exception cref="TokenizerFormatException">More nodes than a vocabulary can need.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<char> key, int value)
    {
        var node = Root;
        foreach (var unit in key)
        {
            var child = Step(node, unit);
            node = child != None ? child : AddEdge(node, unit);
        }

        _values[node] = value;
    }

    /// <summary>The child of a node over a unit, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Step(int node, char unit)
    {
        var key = Key(node, unit);
        var mask = _edges.Length - 1;
        for (var slot = Slot(key); ; slot = (slot + 1) & mask)
        {
            var edge = _edges[slot];
            if (edge >> NodeBits == key)
            {
                return edge == 0 ? None : (int)(edge & (MaxNodes - 1));
            }

            if (edge == 0)
            {
                return None;
            }
        }
    }

    /// <summary>Value of the key that ends at a node, or <see cref="None"/>.</summary>
    public int Value(int node) => _values[node];

    public int Find(ReadOnlySpan<char> key)
    {
        var node = Root;
        foreach (var unit in key)
        {
            node = Step(node, unit);
            if (node == None)
            {
                return None;
            }
        }

        return _values[node];
    }

    private static ulong Key(int node, char unit) => ((ulong)(uint)node << 16) | unit;

    // Fibonacci hashing: the high bits of the product are well mixed.
    private int Slot(ulong key) => (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int AddEdge(int parent, char unit)
    {
        if (_nodes == MaxNodes)
        {
            throw new TokenizerFormatException("tokenizer.json: the vocabulary is too large.");
        }

        if (_nodes * 3L > _edges.Length * 2L)
        {
            Grow();
        }

        if (_nodes == _values.Length)
        {
            Array.Resize(ref _values, _nodes * 2);
        }

        var child = _nodes++;
        _values[child] = None;
        Place((Key(parent, unit) << NodeBits) | (uint)child);
        return child;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Place(ulong edge)
    {
        var mask = _edges.Length - 1;
        var slot = Slot(edge >> NodeBits);
        while (_edges[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        _edges[slot] = edge;
    }

    private void Grow()
    {
        var old = _edges;
        _edges = new ulong[old.Length * 2];
        _shift--;
        foreach (var edge in old)
        {
            if (edge != 0)
            {
                Place(edge);
            }
        }
    }
}

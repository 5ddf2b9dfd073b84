namespace EnterpriseRag.Inference.Generation.Constraints;

internal enum GrammarNodeKind : byte
{
    /// <summary>Takes one byte of a set, then goes on at its target.</summary>
    Bytes,

    /// <summary>Goes on at any of several nodes.</summary>
    Split,

    /// <summary>Goes through a rule, then on at its target.</summary>
    Call,

    /// <summary>The end of a rule, or of the text where no rule was called.</summary>
    Return,
}

/// <summary>256 bits: which bytes.</summary>
internal readonly record struct ByteSet(ulong A, ulong B, ulong C, ulong D)
{
    public static ByteSet Range(int low, int high)
    {
        Span<ulong> words = stackalloc ulong[4];
        for (int value = low; value <= high; value++)
        {
            words[value >> 6] |= 1UL << (value & 63);
        }

        return new ByteSet(words[0], words[1], words[2], words[3]);
    }

    public static ByteSet operator |(ByteSet left, ByteSet right) => new(left.A | right.A, left.B | right.B, left.C | right.C, left.D | right.D);

    public static ByteSet operator &(ByteSet left, ByteSet right) => new(left.A & right.A, left.B & right.B, left.C & right.C, left.D & right.D);

    public bool Contains(int value) => ((value >> 6) switch { 0 => A, 1 => B, 2 => C, _ => D } >> (value & 63) & 1) != 0;
}

/// <summary>A node of a grammar; nodes are known by their number.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Set">Of <see cref="GrammarNodeKind.Bytes"/>.</param>
/// <param name="Target">The next node; of a call: where it returns to.</param>
/// <param name="Rule">Of a call: the first node of the rule.</param>
/// <param name="Ways">Of a split.</param>
internal readonly record struct GrammarNode(GrammarNodeKind Kind, ByteSet Set, int Target, int Rule, int[] Ways);

/// <summary>
/// What a text may say, byte by byte: a network of nodes with rules that call each other (a pushdown automaton, not deterministic). Immutable, thread-safe;
/// <see cref="ByteAutomaton"/> runs it.
/// </summary>
internal sealed class Grammar
{
    /// <summary>Calls within calls; deeper texts are not accepted.</summary>
    public const int MaxDepth = 64;

    private const int Never = int.MaxValue / 2;

    private readonly GrammarNode[] _nodes;
    private readonly int[] _depthToEnd; // calls within calls that the rest of the rule needs at least

    /// <exception cref="ArgumentException">No text fits.</exception>
    public Grammar(GrammarNode[] nodes, int start)
    {
        (_nodes, Start) = (nodes, start);
        _depthToEnd = DepthsToEnd(nodes);
        if (_depthToEnd[start] > MaxDepth)
        {
            throw new ArgumentException("The response format cannot be met by any text.");
        }
    }

    public int Start { get; }

    public int Count => _nodes.Length;

    public ref readonly GrammarNode this[int node] => ref _nodes[node];

    /// <summary>The same without some bytes.</summary>
    /// <exception cref="ArgumentException">No text fits.</exception>
    public Grammar Within(ByteSet allowed) => new([.. _nodes.Select(node => node with { Set = node.Set & allowed })], Start);

    /// <summary>Whether the text can still be completed from a node within so many calls: no dead end is ever entered.</summary>
    public bool CanEnd(int node, int depth) => depth + _depthToEnd[node] <= MaxDepth;

    /// <summary>Bytes that no node tells apart are of one class.</summary>
    public byte[] ByteClasses(out int count)
    {
        Span<int> classes = stackalloc int[256];
        classes.Clear();
        count = 1;
        Dictionary<(int Class, bool Within), int> split = [];
        foreach (ByteSet set in _nodes.Where(node => node.Kind == GrammarNodeKind.Bytes).Select(node => node.Set).Distinct())
        {
            split.Clear();
            for (int value = 0; value < 256; value++)
            {
                (int, bool) key = (classes[value], set.Contains(value));
                if (!split.TryGetValue(key, out int refined))
                {
                    split[key] = refined = split.Count;
                }

                classes[value] = refined;
            }

            count = split.Count;
        }

        byte[] result = new byte[256];
        for (int value = 0; value < 256; value++)
        {
            result[value] = (byte)classes[value];
        }

        return result;
    }

    /// <summary>Smallest numbers that satisfy all nodes, found by going over them until nothing changes.</summary>
    private static int[] DepthsToEnd(GrammarNode[] nodes)
    {
        int[] depths = new int[nodes.Length];
        Array.Fill(depths, Never);
        for (bool changed = true; changed;)
        {
            changed = false;
            // Builders make a node after those that follow it, so one pass in order settles nearly all.
            for (int i = 0; i < nodes.Length; i++)
            {
                GrammarNode node = nodes[i];
                int depth = node.Kind switch
                {
                    GrammarNodeKind.Return => 0,
                    GrammarNodeKind.Bytes => node.Set == default ? Never : depths[node.Target],
                    GrammarNodeKind.Call => Math.Max(Math.Min(depths[node.Rule] + 1, Never), depths[node.Target]),
                    _ => node.Ways.Length == 0 ? Never : node.Ways.Min(way => depths[way]),
                };
                if (depth < depths[i])
                {
                    (depths[i], changed) = (depth, true);
                }
            }
        }

        return depths;
    }
}

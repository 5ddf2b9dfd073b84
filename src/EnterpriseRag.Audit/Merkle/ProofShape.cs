using System.Numerics;

namespace EnterpriseRag.Audit.Merkle;

/// <summary>Leaves <c>[Start, End)</c>; the hash of the subtree over them is one element of a proof.</summary>
internal readonly record struct LeafRange(long Start, long End);

/// <summary>A complete subtree: 2^Level leaves from Index·2^Level on.</summary>
internal readonly record struct TreeNode(int Level, long Index);

/// <summary>Which subtrees a proof consists of (RFC 6962 2.1.1, 2.1.2), independent of where their hashes come from.</summary>
internal static class ProofShape
{
    /// <summary>Elements of the inclusion proof, leaf side first.</summary>
    public static List<LeafRange> Inclusion(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<LeafRange>();
        long start = 0;
        var end = size;
        while (end - start > 1)
        {
            var middle = start + Split(end - start);
            if (index < middle)
            {
                path.Add(new LeafRange(middle, end));
                end = middle;
            }
            else
            {
                path.Add(new LeafRange(start, middle));
                start = middle;
            }
        }

        path.Reverse();
        return path;
    }

    /// <summary>Elements of the proof that the tree of <paramref name="newSize"/> extends that of <paramref name="oldSize"/>.</summary>
    public static List<LeafRange> Consistency(long oldSize, long newSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(oldSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(oldSize, newSize);
        var path = new List<LeafRange>();
        long start = 0;
        var end = newSize;
        while (oldSize < end)
        {
            var middle = start + Split(end - start);
            if (oldSize <= middle)
            {
                path.Add(new LeafRange(middle, end));
                end = middle;
            }
            else
            {
                path.Add(new LeafRange(start, middle));
                start = middle;
            }
        }

        if (start > 0)
        {
            path.Add(new LeafRange(start, end)); // the old tree is not a left subtree: its last part is told too
        }

        path.Reverse();
        return path;
    }

    /// <summary>The complete subtrees of a range, left to right.</summary>
    public static List<TreeNode> Nodes(LeafRange range)
    {
        var nodes = new List<TreeNode>();
        var start = range.Start;
        while (start < range.End)
        {
            var aligned = start == 0 ? 62 : BitOperations.TrailingZeroCount((ulong)start);
            var level = Math.Min(aligned, BitOperations.Log2((ulong)(range.End - start)));
            nodes.Add(new TreeNode(level, start >> level));
            start += 1L << level;
        }

        return nodes;
    }

    /// <summary>Folds the hashes of <see cref="Nodes"/> to the hash of the range.</summary>
    public static byte[] Fold(IReadOnlyList<byte[]> nodeHashes)
    {
        var hash = nodeHashes[^1];
        for (var i = nodeHashes.Count - 2; i >= 0; i--)
        {
            hash = MerkleHash.Node(nodeHashes[i], hash);
        }

        return hash;
    }

    // Largest power of two below n (n >= 2).
    private static long Split(long n) => 1L << BitOperations.Log2((ulong)(n - 1));
}

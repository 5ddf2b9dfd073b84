using System.Numerics;

namespace EnterpriseRag.Audit.Merkle;

/// <summary>
/// The right edge of a tree: one hash per set bit of the size, largest subtree first. It is all that appending needs. Not safe for
/// concurrent use.
/// </summary>
internal sealed class Frontier
{
    private readonly byte[] _hashes = new byte[63 * MerkleHash.Size];
    private int _count; // popcount of Size

    public long Size { get; private set; }

    /// <summary>Reads the form that <see cref="ToBytes"/> writes.</summary>
    /// <returns>Null when the length does not fit the size.</returns>
    public static Frontier? Parse(long size, ReadOnlySpan<byte> bytes)
    {
        if (size < 0 || bytes.Length != BitOperations.PopCount((ulong)size) * MerkleHash.Size)
        {
            return null;
        }

        var frontier = new Frontier { Size = size, _count = bytes.Length / MerkleHash.Size };
        bytes.CopyTo(frontier._hashes);
        return frontier;
    }

    public void Add(ReadOnlySpan<byte> leafHash)
    {
        leafHash.CopyTo(Hash(_count++));
        for (var size = Size; (size & 1) == 1; size >>= 1)
        {
            _count--;
            MerkleHash.Node(Hash(_count - 1), Hash(_count), Hash(_count - 1));
        }

        Size++;
    }

    public byte[] Root()
    {
        if (_count == 0)
        {
            return MerkleHash.Empty;
        }

        var root = Hash(_count - 1).ToArray();
        for (var i = _count - 2; i >= 0; i--)
        {
            MerkleHash.Node(Hash(i), root, root);
        }

        return root;
    }

    /// <summary>
    /// Puts the right edge of complete subtrees of 2^<paramref name="level"/> leaves and that of the leaves behind them together. Both kinds of nodes hash alike, so a tree over
    /// subtree roots is the upper part of the tree over leaves.
    /// </summary>
    public static Frontier Join(Frontier subtrees, int level, Frontier rest)
    {
        var joined = new Frontier { Size = (subtrees.Size << level) + rest.Size, _count = subtrees._count + rest._count };
        subtrees.ToBytes().CopyTo(joined._hashes, 0);
        rest.ToBytes().CopyTo(joined._hashes, subtrees._count * MerkleHash.Size);
        return joined;
    }

    public byte[] ToBytes() => _hashes.AsSpan(0, _count * MerkleHash.Size).ToArray();

    private Span<byte> Hash(int index) => _hashes.AsSpan(index * MerkleHash.Size, MerkleHash.Size);
}

using System.Buffers;
using System.Security.Cryptography;

namespace EnterpriseRag.Audit.Merkle;

/// <summary>The two hashes of RFC 6962: the first byte keeps leaves and nodes apart.</summary>
internal static class MerkleHash
{
    public const int Size = 32;

    /// <summary>Root of the tree without leaves: SHA-256 of nothing.</summary>
    public static byte[] Empty => SHA256.HashData([]);

    public static byte[] Leaf(ReadOnlySpan<byte> data)
    {
        var hash = new byte[Size];
        Leaf(data, hash);
        return hash;
    }

    public static void Leaf(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(data.Length + 1);
        try
        {
            buffer[0] = 0;
            data.CopyTo(buffer.AsSpan(1));
            SHA256.HashData(buffer.AsSpan(0, data.Length + 1), hash);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var hash = new byte[Size];
        Node(left, right, hash);
        return hash;
    }

    /// <param name="left">32 bytes (fewer only in vectors).</param>
    /// <param name="right">32 bytes.</param>
    /// <param name="hash">May be the same memory as <paramref name="left"/> or <paramref name="right"/>.</param>
    public static void Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> hash)
    {
        Span<byte> input = stackalloc byte[1 + (2 * Size)];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + left.Length)..]);
        SHA256.HashData(input[..(1 + left.Length + right.Length)], hash);
    }
}

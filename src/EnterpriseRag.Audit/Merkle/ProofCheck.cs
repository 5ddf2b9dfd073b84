namespace EnterpriseRag.Audit.Merkle;

/// <summary>Proof verification of RFC 9162 2.1.3.2 and 2.1.4.2. Never throws on foreign input.</summary>
internal static class ProofCheck
{
    public static bool Inclusion(long index, long size, ReadOnlySpan<byte> leafHash, IReadOnlyList<byte[]> proof, ReadOnlySpan<byte> root)
    {
        if (index < 0 || index >= size || leafHash.Length != MerkleHash.Size || root.Length != MerkleHash.Size || HasBadHash(proof))
        {
            return false;
        }

        var fn = index;
        var sn = size - 1;
        var hash = leafHash.ToArray();
        foreach (var element in proof)
        {
            if (sn == 0)
            {
                return false;
            }

            if ((fn & 1) == 1 || fn == sn)
            {
                MerkleHash.Node(element, hash, hash);
                while ((fn & 1) == 0 && fn != 0)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                MerkleHash.Node(hash, element, hash);
            }

            fn >>= 1;
            sn >>= 1;
        }

        return sn == 0 && root.SequenceEqual(hash);
    }

    /// <summary>A proof from the empty tree is refused, as the reference implementation does: "from nothing" is a matter of the witness protocol.</summary>
    public static bool Consistency(long oldSize, long newSize, ReadOnlySpan<byte> oldRoot, ReadOnlySpan<byte> newRoot, IReadOnlyList<byte[]> proof)
    {
        if (oldSize < 1 || oldSize > newSize)
        {
            return false;
        }

        if (oldSize == newSize)
        {
            return proof.Count == 0 && oldRoot.SequenceEqual(newRoot);
        }

        if (proof.Count == 0 || oldRoot.Length != MerkleHash.Size || newRoot.Length != MerkleHash.Size || HasBadHash(proof))
        {
            return false;
        }

        // When the old size is a power of two, its root is itself the first element and is not sent.
        var isPowerOfTwo = (oldSize & (oldSize - 1)) == 0;
        var first = isPowerOfTwo ? oldRoot : proof[0];
        var fn = oldSize - 1;
        var sn = newSize - 1;
        while ((fn & 1) == 1)
        {
            fn >>= 1;
            sn >>= 1;
        }

        var oldHash = first.ToArray();
        var newHash = first.ToArray();
        for (var i = isPowerOfTwo ? 0 : 1; i < proof.Count; i++)
        {
            if (sn == 0)
            {
                return false;
            }

            if ((fn & 1) == 1 || fn == sn)
            {
                MerkleHash.Node(proof[i], oldHash, oldHash);
                MerkleHash.Node(proof[i], newHash, newHash);
                while ((fn & 1) == 0 && fn != 0)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                MerkleHash.Node(newHash, proof[i], newHash);
            }

            fn >>= 1;
            sn >>= 1;
        }

        return sn == 0 && oldRoot.SequenceEqual(oldHash) && newRoot.SequenceEqual(newHash);
    }

    private static bool HasBadHash(IReadOnlyList<byte[]> proof)
    {
        foreach (var element in proof)
        {
            if (element.Length != MerkleHash.Size)
            {
                return true;
            }
        }

        return false;
    }
}

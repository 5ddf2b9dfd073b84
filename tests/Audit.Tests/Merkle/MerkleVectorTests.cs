using System.Text;
using EnterpriseRag.Audit.Merkle;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Audit.Tests.Merkle;

/// <summary>Frozen vectors of RFC 6962 trees (ledger specification 2.3; they are those of the Certificate Transparency reference code).</summary>
public sealed class MerkleVectorTests
{
    private static readonly byte[][] s_inputs =
        [.. new[] { "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f" }.Select(Convert.FromHexString)];

    private static readonly string[] s_roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    private static readonly string[] s_leaves =
    [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
        "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
    ];

    private const string Node01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    private const string Node23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    private const string Node45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    private const string Node67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    private const string Node03 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
    private const string Node47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    private const string Node46 = "837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e";

    [Fact]
    public void The_hasher_separates_leaves_from_nodes()
    {
        Hex(MerkleHash.Leaf("L123456"u8)).ShouldBe("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
        Hex(MerkleHash.Node("N123"u8, "N456"u8)).ShouldBe("aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb");
        s_inputs.Select(i => Hex(MerkleHash.Leaf(i))).ShouldBe(s_leaves);
    }

    [Fact]
    public void The_frontier_gives_all_nine_roots_also_when_it_is_stored_between_two_leaves()
    {
        var frontier = new Frontier();
        Hex(frontier.Root()).ShouldBe(s_roots[0]);
        for (var i = 0; i < s_inputs.Length; i++)
        {
            frontier.Add(MerkleHash.Leaf(s_inputs[i]));
            Hex(frontier.Root()).ShouldBe(s_roots[i + 1]);
            frontier = Frontier.Parse(frontier.Size, frontier.ToBytes()).ShouldNotBeNull();
            frontier.Size.ShouldBe(i + 1);
        }

        Frontier.Parse(3, new byte[32]).ShouldBeNull();
        Frontier.Parse(-1, []).ShouldBeNull();
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", Node23, Node47)]
    [InlineData(5, 8, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", Node67, Node03)]
    [InlineData(2, 3, Node01)]
    [InlineData(1, 5, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", Node23, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")]
    public void Inclusion_proofs_are_the_published_ones(long index, long size, params string[] expected)
    {
        var tree = new MemoryTree(s_inputs);

        var proof = tree.Inclusion(index, size);

        proof.Select(Hex).ShouldBe(expected);
        ProofCheck.Inclusion(index, size, MerkleHash.Leaf(s_inputs[index]), proof, Convert.FromHexString(s_roots[size])).ShouldBeTrue();
    }

    [Theory]
    [InlineData(1, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", Node23, Node47)]
    [InlineData(6, 8, Node45, Node67, Node03)]
    [InlineData(2, 5, Node23, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")]
    [InlineData(6, 7, Node45, "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f", Node03)]
    [InlineData(3, 7, "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7", "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7", Node01, Node46)]
    public void Consistency_proofs_are_the_published_ones(long oldSize, long newSize, params string[] expected)
    {
        var tree = new MemoryTree(s_inputs);

        var proof = tree.Consistency(oldSize, newSize);

        proof.Select(Hex).ShouldBe(expected);
        ProofCheck.Consistency(oldSize, newSize, Convert.FromHexString(s_roots[oldSize]), Convert.FromHexString(s_roots[newSize]), proof).ShouldBeTrue();
    }

    [Fact]
    public void Every_proof_up_to_sixty_leaves_verifies_and_every_change_of_it_fails()
    {
        var inputs = Enumerable.Range(0, 60).Select(i => Encoding.ASCII.GetBytes($"leaf {i}")).ToArray();
        var tree = new MemoryTree(inputs);
        var probes = 0;
        for (long size = 1; size <= inputs.Length; size++)
        {
            var root = tree.Root(size);
            for (long index = 0; index < size; index++)
            {
                var leaf = MerkleHash.Leaf(inputs[index]);
                var proof = tree.Inclusion(index, size);
                ProofCheck.Inclusion(index, size, leaf, proof, root).ShouldBeTrue();
                foreach (var bad in Damaged(proof))
                {
                    ProofCheck.Inclusion(index, size, leaf, bad, root).ShouldBeFalse();
                    probes++;
                }

                ProofCheck.Inclusion(index + 1, size, leaf, proof, root).ShouldBeFalse();
                ProofCheck.Inclusion(index, size, MerkleHash.Leaf("other"u8), proof, root).ShouldBeFalse();
                ProofCheck.Inclusion(index, size, leaf, proof, MerkleHash.Empty).ShouldBeFalse();
            }

            for (long old = 1; old <= size; old++)
            {
                var proof = tree.Consistency(old, size);
                ProofCheck.Consistency(old, size, tree.Root(old), root, proof).ShouldBeTrue();
                foreach (var bad in Damaged(proof))
                {
                    ProofCheck.Consistency(old, size, tree.Root(old), root, bad).ShouldBeFalse();
                    probes++;
                }

                ProofCheck.Consistency(old, size, MerkleHash.Empty, root, proof).ShouldBeFalse();
                ProofCheck.Consistency(0, size, MerkleHash.Empty, root, proof).ShouldBeFalse();
                ProofCheck.Consistency(size + 1, size, root, root, proof).ShouldBeFalse();
            }
        }

        probes.ShouldBeGreaterThan(10_000);
        ProofCheck.Inclusion(-1, 5, MerkleHash.Empty, [], MerkleHash.Empty).ShouldBeFalse();
        ProofCheck.Consistency(0, 0, MerkleHash.Empty, MerkleHash.Empty, []).ShouldBeFalse();
    }

    private static IEnumerable<List<byte[]>> Damaged(List<byte[]> proof)
    {
        yield return [.. proof, new byte[32]];
        yield return [new byte[32], .. proof];
        yield return [.. proof, new byte[31]];
        for (var i = 0; i < proof.Count; i++)
        {
            var flipped = proof.Select(p => p.ToArray()).ToList();
            flipped[i][i] ^= 0x40;
            yield return flipped;
            yield return [.. proof[..i], .. proof[(i + 1)..]];
        }
    }

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}

/// <summary>The tree by its definition, and proofs by the product's shapes over it.</summary>
internal sealed class MemoryTree(byte[][] inputs)
{
    public byte[] Root(long size) => Hash(0, size);

    public List<byte[]> Inclusion(long index, long size) => [.. ProofShape.Inclusion(index, size).Select(FoldedRange)];

    public List<byte[]> Consistency(long oldSize, long newSize) => [.. ProofShape.Consistency(oldSize, newSize).Select(FoldedRange)];

    private byte[] FoldedRange(LeafRange range)
    {
        var nodes = ProofShape.Nodes(range).Select(n => Hash(n.Index << n.Level, (n.Index + 1) << n.Level)).ToList();
        var folded = ProofShape.Fold(nodes);
        folded.ShouldBe(Hash(range.Start, range.End));
        return folded;
    }

    private byte[] Hash(long start, long end)
    {
        if (end == start)
        {
            return MerkleHash.Empty;
        }

        if (end - start == 1)
        {
            return MerkleHash.Leaf(inputs[start]);
        }

        long split = 1;
        while (split * 2 < end - start)
        {
            split *= 2;
        }

        return MerkleHash.Node(Hash(start, start + split), Hash(start + split, end));
    }
}

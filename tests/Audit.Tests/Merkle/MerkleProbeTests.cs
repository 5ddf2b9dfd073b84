using System.Text.Json;
using EnterpriseRag.Audit.Merkle;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Audit.Tests.Merkle;

/// <summary>T10: the 196 probes (184 of them negative) of the reference implementation; origin and licence stand in probes.json.</summary>
public sealed class MerkleProbeTests
{
    [Fact]
    public void All_196_probes_of_the_reference_implementation_agree()
    {
        using var stream = typeof(MerkleProbeTests).Assembly.GetManifestResourceStream("probes.json").ShouldNotBeNull();
        using var document = JsonDocument.Parse(stream);
        var probes = 0;
        foreach (var p in document.RootElement.GetProperty("inclusion").EnumerateArray())
        {
            var accepted = ProofCheck.Inclusion(Number(p, "leafIdx"), Number(p, "treeSize"), Hash(p, "leafHash"), Proof(p), Hash(p, "root"));
            accepted.ShouldBe(!p.GetProperty("wantErr").GetBoolean(), p.GetProperty("file").GetString());
            probes++;
        }

        foreach (var p in document.RootElement.GetProperty("consistency").EnumerateArray())
        {
            var accepted = ProofCheck.Consistency(Number(p, "size1"), Number(p, "size2"), Hash(p, "root1"), Hash(p, "root2"), Proof(p));
            accepted.ShouldBe(!p.GetProperty("wantErr").GetBoolean(), p.GetProperty("file").GetString());
            probes++;
        }

        probes.ShouldBe(196);
    }

    // The reference counts in unsigned 64 bits; what lies beyond ours is out of range either way.
    private static long Number(JsonElement probe, string name) => probe.GetProperty(name).TryGetInt64(out var value) ? value : -1;

    private static byte[] Hash(JsonElement probe, string name) => probe.GetProperty(name).GetString() is { Length: > 0 } text ? Convert.FromBase64String(text) : [];

    private static List<byte[]> Proof(JsonElement probe) =>
        probe.GetProperty("proof") is { ValueKind: JsonValueKind.Array } proof ? [.. proof.EnumerateArray().Select(e => Convert.FromBase64String(e.GetString() ?? ""))] : [];
}

using EnterpriseRag.Retrieval.Search.Dense;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Retrieval.Tests.Search;

public sealed class DotKernelTests
{
    [Fact]
    public void Every_kernel_of_this_machine_returns_the_same_integer()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var length = 64 * (1 + (round % 12));
            var query = Codes(random, length, round);
            var row = Codes(random, length, round + 1);
            var expected = query.Zip(row, (a, b) => a * b).Sum();
            foreach (var path in Enum.GetValues<DotPath>().Where(DotPaths.IsSupported))
            {
                Dot(path, query, row).ShouldBe(expected, $"{path}, length {length}");
            }
        }
    }

    [Fact]
    public void A_code_restores_its_vector_within_half_a_step()
    {
        using var test = new Index.TestIndex();
        var vector = test.Vector();
        var code = new sbyte[VectorCode.RowBytes(vector.Length)];
        var scale = VectorCode.Encode(vector, code);
        for (var i = 0; i < vector.Length; i++)
        {
            (code[i] * scale.Scale).ShouldBe(vector[i], (scale.Scale / 2) + 1e-7);
        }

        scale.Sum.ShouldBe(code.Sum(c => c));
        code.Max(c => Math.Abs((int)c)).ShouldBe(127);
    }

    [Fact]
    public void The_zero_vector_has_the_zero_code()
    {
        var code = new sbyte[64];
        var scale = VectorCode.Encode(new float[60], code);
        scale.Scale.ShouldBe(0);
        code.ShouldAllBe(c => c == 0);
    }

    private static sbyte[] Codes(Random random, int length, int kind) => Enumerable.Range(0, length)
        .Select(i => (sbyte)(kind % 3 == 0 ? 127 : kind % 3 == 1 && i % 2 == 0 ? -127 : random.Next(-127, 128))).ToArray();

    private static int Dot(DotPath path, sbyte[] query, sbyte[] row)
    {
        var biased = query.Select(q => (byte)(q + 128)).ToArray();
        var sum = row.Sum(r => r);
        var length = (nuint)row.Length;
        return path switch
        {
            DotPath.Vnni => VnniDot.Dot(ref query[0], ref biased[0], ref row[0], sum, length),
            DotPath.Avx512 => Avx512Dot.Dot(ref query[0], ref biased[0], ref row[0], sum, length),
            DotPath.Avx2 => Avx2Dot.Dot(ref query[0], ref biased[0], ref row[0], sum, length),
            _ => ScalarDot.Dot(ref query[0], ref biased[0], ref row[0], sum, length),
        };
    }
}

using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Audit.Canonical;
using EnterpriseRag.Audit.Merkle;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Audit.Tests.Canonical;

public sealed class CanonicalTests
{
    private const string WorkedVector =
        """{"actor":"p_AAECAwQFBgcICQoLDA0ODw","ai":{"in_tok":345,"model":"llama-3.1-8b-instruct-q4","model_sha256":"0000000000000000000000000000000000000000000000000000000000000000","out_tok":12,"seed":42,"temp_milli":200,"tmpl":"answer-de@7"},"basis":"art6-1-f","log":"rag.example.com/audit/prod-1","purpose":"P-007","rid":"0198c0de-0000-7000-8000-000000000001","segs":[],"seq":0,"t":"2026-11-01T10:00:00.000000Z","type":"request","v":"ragaudit/1"}""";

    [Fact]
    public void The_worked_vector_of_the_specification_is_written_byte_by_byte()
    {
        var core = new CoreObject()
            .Add("v", "ragaudit/1")
            .Add("type", "request")
            .Add("segs", new CoreArray())
            .Add("rid", "0198c0de-0000-7000-8000-000000000001")
            .Add("purpose", "P-007")
            .Add("log", "rag.example.com/audit/prod-1")
            .Add("basis", "art6-1-f")
            .Add("ai", new CoreObject()
                .Add("tmpl", "answer-de@7").Add("temp_milli", 200).Add("seed", 42).Add("out_tok", 12)
                .Add("model_sha256", new string('0', 64)).Add("model", "llama-3.1-8b-instruct-q4").Add("in_tok", 345))
            .Add("actor", "p_" + CanonicalText.Binary([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]));

        var bytes = CoreTemplate.From(core).Complete(0, new DateTimeOffset(2026, 11, 1, 10, 0, 0, TimeSpan.Zero));

        Encoding.UTF8.GetString(bytes).ShouldBe(WorkedVector);
        bytes.Length.ShouldBe(439);
        Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe("a75c72298139a9d0e03f3241a7a3a632e8f1db3a3d9c736940b040366f6adc80");
        Convert.ToHexStringLower(MerkleHash.Leaf(bytes)).ShouldBe("338d08a957cb3b12aba6d46559d54653d62fff7428170bd90ef7bc244e3baedb");
    }

    [Theory]
    [InlineData("a", "z", 0)]
    [InlineData("sequel", "zz", 9_007_199_254_740_991)]
    [InlineData("sys", "s", 12)]
    [InlineData("t_after", "u", 7)]
    public void Sequence_number_and_time_land_in_their_sorted_place(string one, string two, long seq)
    {
        var time = new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero).AddTicks(1_234_567);
        var expected = new CoreObject().Add(one, "x").Add(two, 1).Add("seq", seq).Add("t", "2026-02-03T04:05:06.123456Z").ToCanonicalBytes();

        CoreTemplate.From(new CoreObject().Add(one, "x").Add(two, 1)).Complete(seq, time).ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"a":-9007199254740991,"b":9007199254740991,"c":0}""")]
    [InlineData("{\"a\":\"ü+<>&'/\u007f\"}")]
    [InlineData("""{"a":"\"\\\b\f\n\r\t\u0000\u001f"}""")]
    [InlineData("""{"a":["é","é"]}""")] // composed and decomposed stay what they are
    [InlineData("""{"a":{"b":[true,false,[],{}]},"a1":2,"a_b":1}""")]
    [InlineData("""{"a":"😀 "}""")]
    public void Canonical_text_is_accepted(string json) => CanonicalReader.IsCanonical(Encoding.UTF8.GetBytes(json)).ShouldBeTrue();

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"a":1} """)]
    [InlineData(""" {"a":1}""")]
    [InlineData("""{"a": 1}""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a":null}""")]
    [InlineData("""{"a":1.0}""")]
    [InlineData("""{"a":1e3}""")]
    [InlineData("""{"a":-0}""")]
    [InlineData("""{"a":01}""")]
    [InlineData("""{"a":+1}""")]
    [InlineData("""{"a":-}""")]
    [InlineData("""{"a":9007199254740992}""")]
    [InlineData("""{"a":-9007199254740992}""")]
    [InlineData("""{"a":10000000000000000}""")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"b":1,"a":2}""")]
    [InlineData("""{"A":1}""")]
    [InlineData("""{"":1}""")]
    [InlineData("""{"1a":1}""")]
    [InlineData("""{"ä":1}""")]
    [InlineData("""{"a":"\u00fc"}""")]
    [InlineData("""{"a":"\u00FC"}""")]
    [InlineData("""{"a":"\u002b"}""")]
    [InlineData("""{"a":"\u000a"}""")]
    [InlineData("""{"a":"\u001F"}""")]
    [InlineData("""{"a":"\ud83d\ude00"}""")]
    [InlineData("""{"a":"\ud83d"}""")]
    [InlineData("""{"a":"\/"}""")]
    [InlineData("{\"a\":\"\n\"}")]
    [InlineData("""{"a":"x}""")]
    [InlineData("""{"a":"\""")]
    [InlineData("""{"a":tru}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("""{'a':1}""")]
    public void Anything_else_is_refused(string json) => CanonicalReader.IsCanonical(Encoding.UTF8.GetBytes(json)).ShouldBeFalse();

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused()
    {
        CanonicalReader.IsCanonical([.. "{\"a\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8]).ShouldBeFalse(); // surrogate written as UTF-8
        CanonicalReader.IsCanonical([.. "{\"a\":\""u8, 0xC0, 0xAF, .. "\"}"u8]).ShouldBeFalse(); // overlong
        CanonicalReader.IsCanonical([0xEF, 0xBB, 0xBF, .. "{}"u8]).ShouldBeFalse(); // BOM
    }

    [Fact]
    public void Deep_nesting_is_refused_without_harm()
    {
        var deep = Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 30_000) + new string(']', 30_000) + "}");
        CanonicalReader.IsCanonical(deep).ShouldBeFalse();
    }

    [Fact]
    public void A_core_of_65536_bytes_is_refused_and_of_65535_accepted()
    {
        static byte[] Of(int length) => Encoding.UTF8.GetBytes("{\"a\":\"" + new string('x', length - 8) + "\"}");
        CanonicalReader.IsCanonical(Of(65_535)).ShouldBeTrue();
        CanonicalReader.IsCanonical(Of(65_536)).ShouldBeFalse();
        Should.Throw<CanonicalException>(() => CoreTemplate.From(new CoreObject().Add("a", new string('x', 65_536))));
    }

    [Fact]
    public void The_writer_refuses_what_the_profile_does_not_hold()
    {
        Should.Throw<CanonicalException>(() => new CoreObject().Add("a", CanonicalText.MaxInteger + 1));
        Should.Throw<CanonicalException>(() => new CoreObject().Add("a", "\ud83d"));
        Should.Throw<CanonicalException>(() => new CoreObject().Add("a", "\ude00\ud83d"));
        Should.Throw<CanonicalException>(() => new CoreObject().Add("A", 1));
        Should.Throw<CanonicalException>(() => new CoreObject().Add("a", 1).Add("a", 2));
        Should.Throw<CanonicalException>(() => CoreTemplate.From(new CoreObject().Add("seq", 1)));
    }

    /// <summary>T39: writer against an independent writer, reader against "parse, write again, compare", on whole and on damaged cores.</summary>
    [Fact]
    public void A_hundred_thousand_random_objects_agree_with_an_independent_reading()
    {
        var random = new Random(20_261_122);
        var refused = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var (core, tree) = RandomCore.Next(random);
            var bytes = core.ToCanonicalBytes();
            bytes.ShouldBe(IndependentJcs.Write(tree), "the writers differ");
            CanonicalReader.IsCanonical(bytes).ShouldBeTrue();

            var damaged = RandomCore.Damage(random, bytes);
            var expected = IndependentJcs.IsCanonical(damaged);
            if (CanonicalReader.IsCanonical(damaged) != expected)
            {
                Assert.Fail($"The readings differ ({expected}) on {Encoding.UTF8.GetString(damaged)}");
            }

            refused += expected ? 0 : 1;
        }

        refused.ShouldBeInRange(30_000, 95_000); // both verdicts are exercised
    }

    [Fact]
    public void The_reader_tells_where_the_members_stand()
    {
        Span<CoreMember> members = stackalloc CoreMember[2];
        var core = """{"log":"x/y","rid":{"log":"inner"},"seq":12}"""u8;

        CanonicalReader.TryRead(core, members, out var count).ShouldBeTrue();

        count.ShouldBe(2);
        Encoding.UTF8.GetString(core[members[0].Name]).ShouldBe("log");
        Encoding.UTF8.GetString(core[members[0].Value]).ShouldBe("\"x/y\"");
        Encoding.UTF8.GetString(core[members[1].Value]).ShouldBe("""{"log":"inner"}""");
    }
}

using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Audit.Sealing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Audit.Tests.Sealing;

public sealed class SegmentCipherTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly SegmentPlace s_place = new("rag.example.com/audit/prod-1", new Guid("0198c0de-0000-7000-8000-000000000001"), "prompt");
    private static readonly byte[] s_text = Encoding.UTF8.GetBytes("Wie lange ist die Kündigungsfrist?");

    [Fact]
    public void The_vector_of_the_specification_comes_out()
    {
        Span<byte> enc = stackalloc byte[32];
        Span<byte> commit = stackalloc byte[32];
        SegmentCipher.Derive(s_key, "ragaudit/v1/enc"u8, enc);
        SegmentCipher.Derive(s_key, "ragaudit/v1/commit"u8, commit);

        var body = SegmentCipher.Seal(s_key, s_place, s_text, Convert.FromHexString("0102030405060708090a0b0c"));

        Convert.ToHexStringLower(enc).ShouldBe("83cfc307177f77ae1d7c67d170d8cc4039ba4e50ae927fc3963d503401187c76");
        Convert.ToHexStringLower(commit).ShouldBe("c46aa4dc6305a8809cd9fd2a809a9517051013a8864981d90ec7f6b3e0333eea");
        Convert.ToHexStringLower(body.Body.AsSpan(^16..)).ShouldBe("60eb2eb6f8892deb2092634f58f235fa");
        Convert.ToHexStringLower(body.Hash()).ShouldBe("28f78db248dadf426fb21bd403852b56cf4de8e2056beb653e4d272bf84ab29d");
        Convert.ToHexStringLower(SegmentCipher.Commit(s_key, s_text)).ShouldBe("1eb2314a44eb6cf68d63afb09b7afb6b487a625c37688ac1ed389fce4b3b4e0e");
    }

    [Theory]
    [InlineData(0, 256)]
    [InlineData(252, 256)]
    [InlineData(253, 512)]
    [InlineData(5000, 5120)]
    public void Text_comes_back_and_its_exact_length_is_hidden(int length, int padded)
    {
        var text = Encoding.UTF8.GetBytes(new string('x', length));

        var body = SegmentCipher.Seal(s_key, s_place, text);

        body.Body.Length.ShouldBe(padded + 16);
        SegmentCipher.PaddedLength(length).ShouldBe(padded);
        SegmentCipher.Open(s_key, s_place, body).ShouldBe(text);
    }

    [Fact]
    public void A_moved_truncated_or_changed_segment_does_not_open()
    {
        var body = SegmentCipher.Seal(s_key, s_place, s_text);
        var otherKey = SegmentCipher.NewKey();

        Should.Throw<CryptographicException>(() => SegmentCipher.Open(s_key, s_place with { Name = "response" }, body));
        Should.Throw<CryptographicException>(() => SegmentCipher.Open(s_key, s_place with { Rid = Guid.Empty }, body));
        Should.Throw<CryptographicException>(() => SegmentCipher.Open(s_key, s_place with { Log = "other" }, body));
        Should.Throw<CryptographicException>(() => SegmentCipher.Open(otherKey, s_place, body));
        Should.Throw<CryptographicException>(() => SegmentCipher.Open(s_key, s_place, body with { Body = body.Body[..^1] }));
        Should.Throw<CryptographicException>(() => SegmentCipher.Open(s_key, s_place, body with { Body = [] }));
        body.Body[3] ^= 1;
        Should.Throw<CryptographicException>(() => SegmentCipher.Open(s_key, s_place, body));
    }

    [Fact]
    public void A_commitment_that_grows_equals_the_commitment_to_the_whole()
    {
        using var growing = SegmentCipher.StartCommit(s_key);
        growing.AppendData(s_text.AsSpan(0, 7));
        growing.AppendData(s_text.AsSpan(7));

        growing.GetCurrentHash().ShouldBe(SegmentCipher.Commit(s_key, s_text));
    }
}

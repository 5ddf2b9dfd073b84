using System.IO.Compression;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Testing;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Languages;

public sealed class LanguageModelTests
{
    [Fact]
    public void A_truncated_or_altered_file_is_read_or_refused_but_never_crashes()
    {
        var valid = Unpack();
        var random = new Random(7);
        var refused = 0;
        for (var round = 0; round < 60; round++)
        {
            var bytes = valid.AsSpan(0, round % 3 == 0 ? random.Next(valid.Length) : valid.Length).ToArray();
            for (var change = 0; change < 4; change++)
            {
                bytes[random.Next(Math.Min(bytes.Length, 1 << (6 + (round % 14))))] = (byte)random.Next(256);
            }

            try
            {
                LanguageModel.Read(bytes);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(20);
    }

    [Fact]
    public void A_bomb_is_refused()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(new byte[64 << 20]);
        }

        packed.Position = 0;
        Should.Throw<InvalidDataException>(() => LanguageModel.ReadCompressed(packed)).Message.ShouldContain("more than");
    }

    private static byte[] Unpack()
    {
        using var file = File.OpenRead(Path.Combine(RepositoryFiles.Model("langid"), "langid.bin.gz"));
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var memory = new MemoryStream();
        gzip.CopyTo(memory);
        return memory.ToArray();
    }
}

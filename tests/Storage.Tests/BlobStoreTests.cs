using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Blobs;
using EnterpriseRag.Storage.Documents;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Storage.Tests;

public sealed class BlobStoreTests(FreshDatabases databases) : IClassFixture<FreshDatabases>
{
    private const int Frame = SealedHeader.FrameBytes;

    private BlobStore Blobs => databases.Get<BlobStore>();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Frame - 1)]
    [InlineData(Frame)]
    [InlineData(Frame + 1)]
    [InlineData(3 * Frame)]
    [InlineData(5 * Frame + 17)]
    public async Task Bytes_come_back_as_they_went_in(int size)
    {
        var document = NewDocument();
        var content = Content(size);

        var blob = await Blobs.PutAsync(document, new DribblingStream(content), CancellationToken.None);

        blob.ShouldBe(new BlobRef(SHA256.HashData(content), size));
        (await ReadAsync(document, blob)).ShouldBe(content);
    }

    [Fact]
    public async Task A_stored_file_can_be_read_from_any_position()
    {
        var document = NewDocument();
        var content = Content(3 * Frame + 100);
        var blob = await Blobs.PutAsync(document, new MemoryStream(content), CancellationToken.None);
        await using var stream = await Blobs.OpenReadAsync(document, blob, CancellationToken.None);

        foreach (var position in new[] { content.Length - 5, 0, Frame - 1, 2 * Frame, Frame + 7 })
        {
            stream.Position = position;
            var some = new byte[Math.Min(Frame + 3, content.Length - position)];
            await stream.ReadExactlyAsync(some);
            some.ShouldBe(content[position..(position + some.Length)]);
        }
    }

    [Fact]
    public async Task The_same_bytes_are_one_file_in_a_document_and_unlike_files_in_two()
    {
        var (one, two) = (NewDocument(), NewDocument());
        var content = Content(1000);
        await Blobs.PutAsync(one, new MemoryStream(content), CancellationToken.None);
        await Blobs.PutAsync(one, new MemoryStream(content), CancellationToken.None);
        await Blobs.PutAsync(two, new MemoryStream(content), CancellationToken.None);

        var nameInOne = Path.GetFileName(Files(one).ShouldHaveSingleItem());
        var nameInTwo = Path.GetFileName(Files(two).ShouldHaveSingleItem());
        nameInOne.ShouldNotBe(nameInTwo);
        nameInOne.ShouldNotContain(Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    [Fact]
    public async Task Files_and_folders_are_for_their_owner_only()
    {
        var document = NewDocument();
        await Blobs.PutAsync(document, new MemoryStream(Content(10)), CancellationToken.None);

        File.GetUnixFileMode(Files(document)[0]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(FolderOf(document)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task A_change_of_any_part_of_the_file_is_detected()
    {
        var document = NewDocument();
        var blob = await Blobs.PutAsync(document, new MemoryStream(Content(2 * Frame + 50)), CancellationToken.None);
        var path = Files(document).ShouldHaveSingleItem();
        var original = await File.ReadAllBytesAsync(path);

        // magic, version, length, salt, header MAC, first, middle and last frame, last tag
        foreach (var offset in new[] { 0, 7, 15, 20, 60, SealedHeader.Bytes, SealedHeader.Bytes + Frame + 16 + 5, original.Length - 20, original.Length - 1 })
        {
            var changed = (byte[])original.Clone();
            changed[offset] ^= 1;
            await File.WriteAllBytesAsync(path, changed);
            await Should.ThrowAsync<BlobDamagedException>(() => ReadAsync(document, blob), $"offset {offset}");
        }
    }

    [Theory]
    [InlineData(1)] // within the last frame
    [InlineData(50 + 16)] // the whole last frame
    [InlineData(50 + 16 + Frame + 16)] // two frames
    [InlineData(2 * (Frame + 16) + 50 + 16)] // everything but the header
    [InlineData(2 * (Frame + 16) + 50 + 16 + 40)] // half of the header too
    public async Task A_file_cut_short_is_refused_when_opened(int missing)
    {
        var document = NewDocument();
        var blob = await Blobs.PutAsync(document, new MemoryStream(Content(2 * Frame + 50)), CancellationToken.None);
        await using (var file = File.OpenWrite(Files(document)[0]))
        {
            file.SetLength(file.Length - missing);
        }

        await Should.ThrowAsync<BlobDamagedException>(() => Blobs.OpenReadAsync(document, blob, CancellationToken.None));
    }

    [Fact]
    public async Task Frames_in_another_order_and_files_in_another_place_are_detected()
    {
        var (document, other) = (NewDocument(), NewDocument());
        var a = await Blobs.PutAsync(document, new MemoryStream(Content(2 * Frame, seed: 1)), CancellationToken.None);
        var pathA = Files(document).ShouldHaveSingleItem();
        var b = await Blobs.PutAsync(document, new MemoryStream(Content(2 * Frame, seed: 2)), CancellationToken.None);
        var pathB = Files(document).Single(path => !string.Equals(path, pathA, StringComparison.Ordinal));
        var bytesA = await File.ReadAllBytesAsync(pathA);

        var swapped = (byte[])bytesA.Clone();
        bytesA.AsSpan(SealedHeader.Bytes, Frame + 16).CopyTo(swapped.AsSpan(SealedHeader.Bytes + Frame + 16));
        bytesA.AsSpan(SealedHeader.Bytes + Frame + 16).CopyTo(swapped.AsSpan(SealedHeader.Bytes));
        await File.WriteAllBytesAsync(pathA, swapped);
        await Should.ThrowAsync<BlobDamagedException>(() => ReadAsync(document, a));

        await File.WriteAllBytesAsync(pathB, bytesA);
        await Should.ThrowAsync<BlobDamagedException>(() => ReadAsync(document, b));

        var c = await Blobs.PutAsync(other, new MemoryStream(Content(2 * Frame, seed: 1)), CancellationToken.None);
        await File.WriteAllBytesAsync(Files(other)[0], bytesA);
        await Should.ThrowAsync<BlobDamagedException>(() => ReadAsync(other, c));
    }

    [Fact]
    public async Task Reads_of_a_missing_file_say_so()
    {
        var document = NewDocument();
        await Blobs.PutAsync(document, new MemoryStream(Content(1)), CancellationToken.None);

        await Should.ThrowAsync<BlobDamagedException>(() => Blobs.OpenReadAsync(document, new BlobRef(new byte[32], 1), CancellationToken.None));
        await Should.ThrowAsync<BlobDamagedException>(() => Blobs.OpenReadAsync(NewDocument(), new BlobRef(new byte[32], 1), CancellationToken.None));
    }

    [Fact]
    public async Task A_failed_upload_leaves_nothing()
    {
        var document = NewDocument();

        await Should.ThrowAsync<IOException>(() => Blobs.PutAsync(document, new DribblingStream(Content(2 * Frame), failAtEnd: true), CancellationToken.None));

        Files(document).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_text_comes_back_with_pages_blocks_and_boxes()
    {
        var (document, version) = (NewDocument(), new DocumentVersionId(databases.Ids.Next()));
        var text = new DocumentText(
            "§ 1 Kündigung\nDrei Monate 😀",
            [new PageText(1, 0, 13, 595.3f, 841.9f), new PageText(2, 14, 14, 595.3f, 841.9f)],
            [new TextBlock(BlockKind.Heading, 0, 13, 1, []), new TextBlock(BlockKind.Paragraph, 14, 14, 2, ["§ 1 Kündigung"])],
            [new TextBox(0, 1, 1, 70.1f, 80.2f, 6, 12)]);
        var texts = databases.Get<DocumentTextStore>();

        await texts.SaveAsync(document, version, text, CancellationToken.None);
        await texts.SaveAsync(document, version, text, CancellationToken.None);

        var loaded = await texts.LoadAsync(document, version, CancellationToken.None);
        loaded.Text.ShouldBe(text.Text);
        loaded.Pages.ShouldBe(text.Pages);
        loaded.Boxes.ShouldBe(text.Boxes);
        loaded.Blocks.ShouldBeEquivalentTo(text.Blocks.ToList());
        Files(document).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Deleting_a_document_leaves_neither_file_nor_key_and_may_be_repeated()
    {
        var version = await databases.AddVersionAsync();
        var marker = "MARKER-" + databases.Ids.Next().ToString("N");
        var blob = await Blobs.PutAsync(version.DocumentId, new MemoryStream(Encoding.UTF8.GetBytes(marker)), CancellationToken.None);
        await databases.Get<DocumentTextStore>().SaveAsync(version.DocumentId, version.Id, new DocumentText(marker, [new PageText(1, 0, marker.Length, 0, 0)], [], []), CancellationToken.None);
        await using (var context = databases.Set.Contexts.CreateDbContext())
        {
            context.Chunks.Add(new Chunk { VersionId = version.Id, Ordinal = 0, Start = 0, Length = marker.Length, Page = 1, HeadingPath = [marker], Language = "en", Text = marker, SentenceStarts = [0], SentenceLengths = [marker.Length], SentenceLanguages = ["en"] });
            await context.SaveChangesAsync();
        }

        (await Residue.FindAsync(databases.Set, marker)).ShouldBe(["rag.chunk"]); // the scan sees what is there; the files are encrypted
        (await Residue.FindAsync(databases.Set, version.DocumentId.Value.ToString("N"))).ShouldContain(place => place.Contains("blobs", StringComparison.Ordinal));

        await using (var context = databases.Set.Contexts.CreateDbContext())
        {
            context.Documents.Remove(new Document { Id = version.DocumentId, MatterId = version.MatterId, Name = "", CreatedAt = default });
            await context.SaveChangesAsync();
        }

        await Blobs.DeleteAllAsync(version.DocumentId, CancellationToken.None);
        await Blobs.DeleteAllAsync(version.DocumentId, CancellationToken.None);

        (await Residue.FindAsync(databases.Set, marker)).ShouldBeEmpty();
        (await Residue.FindAsync(databases.Set, version.Id.ToString())).ShouldBeEmpty();
        (await Residue.FindAsync(databases.Set, version.DocumentId.ToString())).ShouldBeEmpty();
        (await Residue.FindAsync(databases.Set, version.DocumentId.Value.ToString("N"))).ShouldBeEmpty();
        await Should.ThrowAsync<BlobDamagedException>(() => ReadAsync(version.DocumentId, blob));
    }

    private async Task<byte[]> ReadAsync(DocumentId document, BlobRef blob)
    {
        await using var stream = await Blobs.OpenReadAsync(document, blob, CancellationToken.None);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private DocumentId NewDocument() => new(databases.Ids.Next());

    private string FolderOf(DocumentId document) => new BlobFolder(databases.Set.DataOptions.Value).Of(document);

    private string[] Files(DocumentId document) => Directory.GetFiles(FolderOf(document));

    private static byte[] Content(int size, int seed = 7)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Gives odd little pieces, as a network does.</summary>
    private sealed class DribblingStream(byte[] content, bool failAtEnd = false) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            failAtEnd && Position == Length
                ? throw new IOException("The connection broke.")
                : base.ReadAsync(buffer[..Math.Min(buffer.Length, 1009)], cancellationToken);
    }
}

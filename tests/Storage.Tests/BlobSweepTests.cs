using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Blobs;
using EnterpriseRag.Storage.Documents;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Storage.Tests;

public sealed class BlobSweepTests(FreshDatabases databases) : IClassFixture<FreshDatabases>
{
    [Fact]
    public async Task Files_that_no_row_knows_go_and_known_and_young_ones_stay()
    {
        var blobs = databases.Get<BlobStore>();
        var id = new DocumentId(databases.Ids.Next());
        var kept = await blobs.PutAsync(id, new MemoryStream([1]), CancellationToken.None);
        var version = await databases.AddVersionAsync(kept.Sha256, id);
        await databases.Get<DocumentTextStore>().SaveAsync(id, version.Id, new DocumentText("", [], [], []), CancellationToken.None);
        await blobs.PutAsync(id, new MemoryStream([2]), CancellationToken.None); // its version was never committed
        var folder = new BlobFolder(databases.Set.DataOptions.Value).Of(id);
        await File.WriteAllTextAsync(BlobFolder.TemporaryIn(folder, databases.Ids.Next()), "of a killed process");
        var nobody = new DocumentId(databases.Ids.Next());
        await blobs.PutAsync(nobody, new MemoryStream([3]), CancellationToken.None); // its document was never committed
        var sweep = databases.Get<BlobSweep>();

        (await sweep.RunAsync(TimeSpan.FromHours(1), CancellationToken.None)).ShouldBe(0);
        (await sweep.RunAsync(TimeSpan.Zero, CancellationToken.None)).ShouldBe(3);

        Directory.GetFiles(folder).Length.ShouldBe(2);
        await using (await blobs.OpenReadAsync(id, kept, CancellationToken.None))
        {
        }

        Directory.Exists(new BlobFolder(databases.Set.DataOptions.Value).Of(nobody)).ShouldBeFalse();
    }
}

using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Index.Embedded;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Retrieval.Tests.Index;

/// <summary>Stops the writer before each of its file operations in turn and looks at what the next start finds.</summary>
public sealed class CrashTests
{
    [Fact]
    public Task A_crash_while_publishing_leaves_the_old_or_the_new_version() => CrashEverywhereAsync(
        (test, old) => Task.FromResult(test.Version(old.Matter, old.Document)),
        (index, next) => index.PublishAsync(next, default),
        (versions, old, next, done) => versions.ShouldBe([done || versions.Contains(next.Version) ? next.Version : old.Version]));

    [Fact]
    public Task A_crash_while_removing_leaves_the_document_or_nothing_of_it() => CrashEverywhereAsync(
        (_, old) => Task.FromResult(old),
        (index, old) => index.RemoveAsync(old.Document, default),
        (versions, old, _, done) => (versions.Count == 0 || (!done && versions.Single() == old.Version)).ShouldBeTrue());

    [Fact]
    public async Task A_crash_while_merging_loses_nothing()
    {
        for (var step = 0; ; step++)
        {
            using var test = new TestIndex(step);
            var versions = Enumerable.Range(0, 3).Select(_ => test.Version()).ToArray();
            var files = new CrashingFiles { CrashAt = int.MaxValue };
            await using (var index = test.Open(files, new MergePolicy(Fanout: 3)))
            {
                await index.PublishAsync(versions[0], default);
                await index.PublishAsync(versions[1], default);
                files.CrashAt = files.Steps + 8 + step; // a publish takes eight steps, the merge follows
                await index.PublishAsync(versions[2], default);
            }

            await using var reopened = test.Open();
            reopened.Versions.ShouldBe(versions.Select(v => v.Version), ignoreOrder: true);
            reopened.PassageCount.ShouldBe(9);
            if (!files.Crashed)
            {
                step.ShouldBeGreaterThan(5);
                return;
            }
        }
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public async Task A_torn_segment_is_left_out_and_the_others_answer(double length)
    {
        using var test = new TestIndex();
        var versions = await PublishTwoSegmentsAsync(test);
        using (var file = File.OpenWrite(Directory.GetFiles(test.Folder, "*.seg").Order(StringComparer.Ordinal).First()))
        {
            file.SetLength((long)(file.Length * length));
        }

        await using var reopened = test.Open();
        reopened.Versions.ShouldBe([versions[1].Version]);
        await reopened.PublishAsync(versions[0], default);
        reopened.Versions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_changed_byte_anywhere_in_a_segment_is_noticed()
    {
        using var test = new TestIndex();
        var versions = await PublishTwoSegmentsAsync(test);
        var path = Directory.GetFiles(test.Folder, "*.seg").Order(StringComparer.Ordinal).First();
        var intact = await File.ReadAllBytesAsync(path);
        var padding = 0;
        for (var at = 0; at < intact.Length; at += 997)
        {
            var changed = (byte[])intact.Clone();
            changed[at] ^= 0x10;
            await File.WriteAllBytesAsync(path, changed);
            try
            {
                var segment = Segment.Open(path, new DurableFiles());
                segment.Release();
                intact[at].ShouldBe((byte)0); // only the zeros between sections are not covered
                padding++;
            }
            catch (IndexCorruptException)
            {
                // as it should be
            }
        }

        padding.ShouldBeLessThan(intact.Length / 997 / 4);
        versions.Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_damaged_manifest_starts_an_empty_index()
    {
        using var test = new TestIndex();
        var versions = await PublishTwoSegmentsAsync(test);
        var path = Path.Combine(test.Folder, "MANIFEST");
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace("\"generation\":2", "\"generation\":3", StringComparison.Ordinal));
        await using var reopened = test.Open();
        reopened.Versions.ShouldBeEmpty();
        await reopened.PublishAsync(versions[0], default);
        reopened.Versions.ShouldBe([versions[0].Version]);
    }

    private static async Task<IndexedVersion[]> PublishTwoSegmentsAsync(TestIndex test)
    {
        var versions = new[] { test.Version(), test.Version() };
        await using var index = test.Open();
        await index.PublishAsync(versions[0], default);
        await index.PublishAsync(versions[1], default);
        return versions;
    }

    private static async Task CrashEverywhereAsync(
        Func<TestIndex, IndexedVersion, Task<IndexedVersion>> prepare,
        Func<EmbeddedPassageIndex, IndexedVersion, Task> change,
        Action<IReadOnlyCollection<DocumentVersionId>, IndexedVersion, IndexedVersion, bool> check)
    {
        for (var step = 0; ; step++)
        {
            using var test = new TestIndex(step);
            var old = test.Version();
            var files = new CrashingFiles { CrashAt = int.MaxValue };
            var done = true;
            var next = await prepare(test, old);
            await using (var index = test.Open(files))
            {
                await index.PublishAsync(old, default);
                files.CrashAt = files.Steps + step;
                try
                {
                    await change(index, next);
                }
                catch (CrashException)
                {
                    done = false;
                }
            }

            await using (var reopened = test.Open())
            {
                check(reopened.Versions, old, next, done);
                Directory.GetFiles(test.Folder, "*.tmp").ShouldBeEmpty();
                Directory.GetFiles(test.Folder, "*.seg").Length.ShouldBe(reopened.Versions.Count);

                // and it works on
                await change(reopened, next);
                check(reopened.Versions, old, next, true);
            }

            if (!files.Crashed)
            {
                step.ShouldBeGreaterThan(4);
                return;
            }
        }
    }

    private sealed class CrashException : Exception;

    /// <summary>From the chosen step on nothing happens any more, as after a power cut.</summary>
    private sealed class CrashingFiles : DurableFiles
    {
        public int Steps { get; private set; }

        public int CrashAt { get; set; }

        public bool Crashed { get; private set; }

        protected override void BeforeStep(string step, string path)
        {
            if (Steps++ >= CrashAt)
            {
                Crashed = true;
                throw new CrashException();
            }
        }
    }
}

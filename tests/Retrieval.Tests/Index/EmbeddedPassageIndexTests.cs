using System.Runtime.InteropServices;
using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Index.Embedded;
using EnterpriseRag.Retrieval.Search.Dense;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Retrieval.Tests.Index;

public sealed class EmbeddedPassageIndexTests : IDisposable
{
    private readonly TestIndex _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task What_was_published_is_there_after_a_restart()
    {
        var versions = Enumerable.Range(0, 5).Select(_ => _test.Version()).ToArray();
        await using (var index = _test.Open())
        {
            foreach (var version in versions)
            {
                await index.PublishAsync(version, default);
            }
        }

        await using var reopened = _test.Open();
        reopened.Versions.ShouldBe(versions.Select(v => v.Version), ignoreOrder: true);
        reopened.PassageCount.ShouldBe(15);
    }

    [Fact]
    public async Task Publishing_the_same_version_twice_changes_nothing()
    {
        await using var index = _test.Open();
        var version = _test.Version();
        await index.PublishAsync(version, default);
        var before = Name(index);
        await index.PublishAsync(version, default);
        Name(index).ShouldBe(before);
    }

    [Fact]
    public async Task A_new_version_replaces_the_old_one_of_its_document()
    {
        await using var index = _test.Open();
        var first = _test.Version();
        var other = _test.Version();
        var second = _test.Version(first.Matter, first.Document);
        await index.PublishAsync(first, default);
        await index.PublishAsync(other, default);
        await index.PublishAsync(second, default);
        index.Versions.ShouldBe([other.Version, second.Version], ignoreOrder: true);
    }

    [Fact]
    public async Task A_removed_document_leaves_no_byte_on_disk()
    {
        await using var index = _test.Open();
        var kept = _test.Version(text: "A kept sentence about rent.");
        var gone = _test.Version(text: "Zebrafinch clauses are unheardof.");
        var goneNext = _test.Version(gone.Matter, gone.Document, text: "Zebrafinch clauses again.");
        await Task.WhenAll(index.PublishAsync(kept, default), index.PublishAsync(gone, default)); // may share a segment
        await index.PublishAsync(goneNext, default);
        _test.AllBytes().AsSpan().IndexOf("zebrafinch"u8).ShouldBeGreaterThan(0);

        await index.RemoveAsync(gone.Document, default);

        var bytes = _test.AllBytes();
        bytes.AsSpan().IndexOf("zebrafinch"u8).ShouldBe(-1);
        foreach (var passage in gone.Passages.Concat(goneNext.Passages))
        {
            AssertVectorIsGone(bytes, passage.Vector.Span);
            AssertVectorIsGone(bytes, passage.Sentences[0].Vector.Span);
        }

        bytes.AsSpan().IndexOf(gone.Document.Value.ToByteArray()).ShouldBe(-1);
        index.Versions.ShouldBe([kept.Version]);
        using var snapshot = index.Acquire();
        snapshot.Segments.Single().Segment.FindTerm("kept"u8).ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public async Task A_removal_waits_for_the_search_that_still_reads_the_document()
    {
        await using var index = _test.Open();
        var version = _test.Version();
        await index.PublishAsync(version, default);
        var reading = index.Acquire();
        var removal = index.RemoveAsync(version.Document, default);
        await Task.Delay(100);
        removal.IsCompleted.ShouldBeFalse();
        reading.Segments[0].Segment.PassageVector(0).ToArray().ShouldBe(version.Passages[0].Vector.ToArray());

        reading.Dispose();
        await removal;

        Directory.GetFiles(_test.Folder, "*.seg").ShouldBeEmpty();
    }

    [Fact]
    public async Task Removing_an_absent_document_succeeds()
    {
        await using var index = _test.Open();
        await index.RemoveAsync(new DocumentId(_test.Id()), default);
        index.Versions.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_second_opener_is_refused()
    {
        await using var index = _test.Open();
        Should.Throw<IndexInUseException>(() => _test.Open()).Message.ShouldContain("one writer");
    }

    [Fact]
    public async Task An_index_of_another_embedding_model_starts_empty()
    {
        await using (var index = _test.Open())
        {
            await index.PublishAsync(_test.Version(), default);
        }

        await using var reopened = _test.Open(model: "fedcba9876543210");
        reopened.Versions.ShouldBeEmpty();
        Directory.GetFiles(_test.Folder, "*.seg").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_vector_of_other_dimensions_is_refused_alone()
    {
        await using var index = _test.Open();
        var good = _test.Version();
        var bad = good with { Version = new DocumentVersionId(_test.Id()), Passages = [new IndexedPassage(0, "x", "en", new float[3], [])] };
        await Should.ThrowAsync<ArgumentException>(() => index.PublishAsync(bad, default));
        await index.PublishAsync(good, default);
        index.Versions.ShouldBe([good.Version]);
    }

    [Fact]
    public async Task Merging_keeps_every_row_and_posting()
    {
        await using var index = _test.Open(merging: new MergePolicy(Fanout: 3));
        var versions = new List<IndexedVersion>();
        for (var i = 0; i < 20; i++)
        {
            versions.Add(_test.Version(text: $"Words 4711 and number {i} here.", language: i % 2 == 0 ? "en" : "de"));
            await index.PublishAsync(versions[i], default);
        }

        var replaced = _test.Version(versions[4].Matter, versions[4].Document, text: "Rewritten text.");
        await index.PublishAsync(replaced, default);
        versions[4] = replaced;

        using var snapshot = index.Acquire();
        snapshot.Segments.Count.ShouldBeLessThan(8);
        var found = Rows(snapshot).ToDictionary(r => (r.Version, r.Ordinal));
        found.Count.ShouldBe(60);
        foreach (var version in versions)
        {
            foreach (var passage in version.Passages)
            {
                var row = found[(version.Version, passage.Ordinal)];
                row.Matter.ShouldBe(version.Matter);
                row.Language.ShouldBe(passage.Language);
                row.Vector.ShouldBe(passage.Vector.ToArray());
                row.SentenceVectors.ShouldBe(passage.Sentences.SelectMany(s => s.Vector.ToArray()));
            }
        }

        snapshot.Segments.Sum(s => Count(s, "4711"u8)).ShouldBe(57);
    }

    [Fact]
    public async Task Searches_see_whole_publishes_while_documents_come_and_go()
    {
        await using var index = _test.Open(merging: new MergePolicy(Fanout: 2));
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var reads = 0;
            while (!stop.IsCancellationRequested)
            {
                using var snapshot = index.Acquire();
                foreach (var group in Rows(snapshot).GroupBy(r => r.Version))
                {
                    group.Count().ShouldBe(3); // never half a version
                }

                Rows(snapshot).GroupBy(r => r.Document).ShouldAllBe(g => g.Select(r => r.Version).Distinct().Count() == 1);
                reads++;
            }

            return reads;
        })).ToArray();

        var documents = Enumerable.Range(0, 6).Select(_ => (Matter: new MatterId(_test.Id()), Document: new DocumentId(_test.Id()))).ToArray();
        for (var round = 0; round < 60; round++)
        {
            var (matter, document) = documents[round % documents.Length];
            await index.PublishAsync(_test.Version(matter, document), default);
            if (round % 7 == 0)
            {
                await index.RemoveAsync(documents[(round + 3) % documents.Length].Document, default);
            }
        }

        await stop.CancelAsync();
        (await Task.WhenAll(readers)).ShouldAllBe(reads => reads > 0);
    }

    internal static IEnumerable<RowView> Rows(IndexSnapshot snapshot) => snapshot.Segments.SelectMany(view => Enumerable.Range(0, view.Segment.Header.Passages)
        .Where(p => !view.Dead.Contains(view.Segment.Passages[p].Version))
        .Select(p => new RowView(view.Segment, p)));

    internal sealed class RowView(Segment segment, int passage)
    {
        private readonly VersionRow _version = segment.Versions[segment.Passages[passage].Version];

        public MatterId Matter => new(_version.Matter);

        public DocumentId Document => new(_version.Document);

        public DocumentVersionId Version => new(_version.Version);

        public int Ordinal => segment.Passages[passage].Ordinal;

        public string Language => segment.Languages[segment.Passages[passage].Language];

        public float[] Vector => segment.PassageVector(passage).ToArray();

        public IEnumerable<float> SentenceVectors
        {
            get
            {
                var row = segment.Passages[passage];
                return Enumerable.Range(row.FirstSentence, row.Sentences).SelectMany(s => segment.SentenceVector(s).ToArray());
            }
        }
    }

    private static int Count(SegmentView view, ReadOnlySpan<byte> term)
    {
        var row = view.Segment.FindTerm(term);
        var living = 0;
        if (row >= 0)
        {
            foreach (var posting in view.Segment.Postings(row))
            {
                living += view.Dead.Contains(view.Segment.Passages[posting.Passage].Version) ? 0 : 1;
            }
        }

        return living;
    }

    private static string Name(EmbeddedPassageIndex index)
    {
        using var snapshot = index.Acquire();
        return snapshot.Name;
    }

    private static void AssertVectorIsGone(byte[] bytes, ReadOnlySpan<float> vector)
    {
        var code = new sbyte[VectorCode.RowBytes(vector.Length)];
        VectorCode.Encode(vector, code);
        bytes.AsSpan().IndexOf(MemoryMarshal.AsBytes(vector[..8])).ShouldBe(-1);
        bytes.AsSpan().IndexOf(MemoryMarshal.AsBytes(code.AsSpan(0, 48))).ShouldBe(-1);
    }
}

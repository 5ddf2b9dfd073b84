using System.Diagnostics;
using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Index.Embedded;
using EnterpriseRag.Retrieval.Search;
using EnterpriseRag.Retrieval.Search.Dense;
using EnterpriseRag.Retrieval.Tests.Index;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Retrieval.Tests.Search;

public sealed class DenseScanTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestIndex _test = new(5);

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task The_scan_finds_what_a_naive_float_search_finds()
    {
        await using var index = _test.Open();
        var matter = new MatterId(_test.Id());
        var versions = Enumerable.Range(0, 40).Select(_ => _test.Version(matter, passages: 10)).ToArray();
        foreach (var version in versions)
        {
            await index.PublishAsync(version, default);
        }

        using var snapshot = index.Acquire();
        for (var round = 0; round < 20; round++)
        {
            var query = new QueryCode(_test.Vector());
            var naive = versions.SelectMany(v => v.Passages.Select(p => (v.Version, p.Ordinal, Score: Naive(query.Vector.Span, p))))
                .OrderByDescending(p => p.Score).Take(10).ToArray();
            foreach (var path in Enum.GetValues<DotPath>().Where(DotPaths.IsSupported))
            {
                var found = Top(snapshot, query, [matter], path, 10);
                found.Select(f => (f.Version, f.Ordinal)).ShouldBe(naive.Select(n => (n.Version, n.Ordinal)));
                found.Zip(naive).ShouldAllBe(p => Math.Abs(p.First.Score - p.Second.Score) < 1e-5);
            }
        }
    }

    [Fact]
    public async Task Passages_outside_the_given_matters_are_neither_found_nor_counted()
    {
        await using var index = _test.Open();
        var mine = _test.Version(passages: 4);
        var theirs = _test.Version(passages: 7);
        await Task.WhenAll(index.PublishAsync(mine, default), index.PublishAsync(theirs, default));

        using var snapshot = index.Acquire();
        var result = DenseScan.Scan(snapshot, new QueryCode(theirs.Passages[0].Vector), new HashSet<MatterId> { mine.Matter }, 50, 2, DotPaths.Best, default);
        result.Spread.Count.ShouldBe(4);
        result.Best.Keys.Select(k => VersionOf(snapshot, k)).ShouldAllBe(v => v == mine.Version);
    }

    [Fact]
    public async Task Superseded_passages_are_not_found()
    {
        await using var index = _test.Open(merging: new MergePolicy(Fanout: 100));
        var old = _test.Version();
        var next = _test.Version(old.Matter, old.Document);
        var neighbour = _test.Version(old.Matter);
        await Task.WhenAll(index.PublishAsync(old, default), index.PublishAsync(neighbour, default));
        await index.PublishAsync(next, default);

        using var snapshot = index.Acquire();
        var result = DenseScan.Scan(snapshot, new QueryCode(old.Passages[0].Vector), new HashSet<MatterId> { old.Matter }, 50, 2, DotPaths.Best, default);
        result.Best.Keys.Select(k => VersionOf(snapshot, k)).Distinct().ShouldBe([neighbour.Version, next.Version], ignoreOrder: true);
    }

    [Fact]
    public async Task One_and_two_workers_agree_and_report_their_speed()
    {
        const int Passages = 25_000; // with three sentences each 100,000 vectors
        await using var index = _test.Open();
        var matter = new MatterId(_test.Id());
        var pool = Enumerable.Range(0, 2000).Select(_ => _test.Vector()).ToArray();
        var random = new Random(1);
        for (var from = 0; from < Passages; from += 5000)
        {
            var passages = Enumerable.Range(0, 5000).Select(i => new IndexedPassage(i, "x", "en", pool[random.Next(pool.Length)],
                Enumerable.Range(0, 3).Select(_ => new IndexedSentence(0, 1, "en", pool[random.Next(pool.Length)])).ToArray())).ToArray();
            await index.PublishAsync(new IndexedVersion(matter, new DocumentId(_test.Id()), new DocumentVersionId(_test.Id()), passages), default);
        }

        using var snapshot = index.Acquire();
        var query = new QueryCode(_test.Vector());
        var matters = new HashSet<MatterId> { matter };
        var expected = DenseScan.Scan(snapshot, query, matters, 200, 1, DotPath.Scalar, default).Best.Keys.ToHashSet();
        foreach (var path in Enum.GetValues<DotPath>().Where(DotPaths.IsSupported))
        {
            foreach (var workers in new[] { 1, 2 })
            {
                var best = TimeSpan.MaxValue;
                for (var round = 0; round < 5; round++)
                {
                    var started = Stopwatch.GetTimestamp();
                    var result = DenseScan.Scan(snapshot, query, matters, 200, workers, path, default);
                    best = TimeSpan.FromTicks(Math.Min(best.Ticks, Stopwatch.GetElapsedTime(started).Ticks));
                    result.Best.Keys.ToHashSet().SetEquals(expected).ShouldBeTrue();
                    result.Spread.Count.ShouldBe(Passages);
                }

                output.WriteLine($"{path}, {workers} worker(s): {best.TotalMilliseconds:F1} ms, {Passages * 4 * 384 / best.TotalSeconds / 1e6:F0} MB/s of codes");
            }
        }
    }

    private static float Naive(ReadOnlySpan<float> query, IndexedPassage passage)
    {
        var best = float.MinValue;
        foreach (var sentence in passage.Sentences)
        {
            best = Math.Max(best, Cosine(query, sentence.Vector.Span));
        }

        return (Cosine(query, passage.Vector.Span) + best) / 2;
    }

    private static float Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return (float)sum;
    }

    private static DocumentVersionId VersionOf(IndexSnapshot snapshot, PassageKey key)
    {
        var segment = snapshot.Segments[key.Segment].Segment;
        return new DocumentVersionId(segment.Versions[segment.Passages[key.Passage].Version].Version);
    }

    private static List<(DocumentVersionId Version, int Ordinal, float Score)> Top(IndexSnapshot snapshot, QueryCode query, HashSet<MatterId> matters, DotPath path, int count) =>
        DenseScan.Scan(snapshot, query, matters, 200, 2, path, default).Best.Keys
            .Select(k => (VersionOf(snapshot, k), snapshot.Segments[k.Segment].Segment.Passages[k.Passage].Ordinal, DenseScan.Rescore(snapshot, k, query.Vector.Span).Score))
            .OrderByDescending(k => k.Score).Take(count).ToList();
}

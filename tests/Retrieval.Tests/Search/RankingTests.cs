using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Index.Embedded;
using EnterpriseRag.Retrieval.Search;
using EnterpriseRag.Retrieval.Search.Dense;
using EnterpriseRag.Retrieval.Search.Fusion;
using EnterpriseRag.Retrieval.Search.Lexical;
using EnterpriseRag.Retrieval.Tests.Index;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Retrieval.Tests.Search;

public sealed class RankingTests : IDisposable
{
    private readonly TestIndex _test = new(9);

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task A_walled_matter_changes_nothing_but_the_count_of_denials()
    {
        var mine = _test.Version(passages: 12, text: "The tenant pays the rent for Berlin.");
        var walled = _test.Version(passages: 5, text: "The tenant pays the rent rent rent for Berlin.");
        var query = walled.Passages[0].Vector; // all that fits best is behind the wall
        await using var index = _test.Open();
        await index.PublishAsync(mine, default);
        var without = Rank(index, query, [mine.Matter], [walled.Matter]);
        await index.PublishAsync(walled, default);

        var with = Rank(index, query, [mine.Matter], [walled.Matter]);

        without.Denied.ShouldBe(0);
        with.Denied.ShouldBeGreaterThan(0);
        with.Best.ShouldBe(without.Best);
        with.Z.ShouldBe(without.Z);
    }

    [Fact]
    public async Task A_matter_outside_the_scope_is_not_even_counted()
    {
        var mine = _test.Version();
        var other = _test.Version();
        await using var index = _test.Open();
        await Task.WhenAll(index.PublishAsync(mine, default), index.PublishAsync(other, default));
        var result = Rank(index, other.Passages[0].Vector, [mine.Matter], []);
        result.Denied.ShouldBe(0);
        result.Best.Select(b => b.Version).Distinct().ShouldBe([mine.Version]);
    }

    [Fact]
    public async Task An_empty_scope_finds_nothing()
    {
        var walled = _test.Version(passages: 5);
        await using var index = _test.Open();
        await index.PublishAsync(walled, default);
        var result = Rank(index, walled.Passages[0].Vector, [], [walled.Matter], wanted: 3);
        result.Best.ShouldBeEmpty();
        result.Z.ShouldBe(0);
        result.Denied.ShouldBe(3);
    }

    [Fact]
    public async Task Scores_do_not_depend_on_how_the_passages_are_spread_over_segments()
    {
        var versions = Enumerable.Range(0, 12).Select(i => _test.Version(new MatterId(new Guid(1, 2, 3, new byte[8])), text: $"Rent number {i % 5} of the tenant {i}.")).ToArray();
        var query = _test.Vector();
        (List<Found> Best, int Denied, float Z)[] results = new (List<Found>, int, float)[2];
        for (var round = 0; round < 2; round++)
        {
            using var other = new TestIndex(round);
            await using var index = other.Open(merging: new MergePolicy(Fanout: round == 0 ? 2 : 1000));
            foreach (var version in versions)
            {
                await index.PublishAsync(version, default);
            }

            results[round] = Rank(index, query, [versions[0].Matter], []);
        }

        results[0].Best.Select(b => (b.Version, b.Ordinal)).ShouldBe(results[1].Best.Select(b => (b.Version, b.Ordinal)));
        results[0].Best.Zip(results[1].Best).ShouldAllBe(p => Math.Abs(p.First.Score - p.Second.Score) < 1e-3);
    }

    [Fact]
    public async Task A_walled_passage_in_another_language_is_counted_by_its_own_languages_zero()
    {
        var mine = new MatterId(_test.Id());
        var walled = new MatterId(_test.Id());
        await using var index = _test.Open();
        await index.PublishAsync(At(mine, "en", Enumerable.Range(0, 100).Select(i => .80f + (.001f * i))), default);
        await index.PublishAsync(At(mine, "de", Enumerable.Range(0, 100).Select(i => .50f + (.001f * i))), default);
        await index.PublishAsync(At(walled, "en", [.85f]), default); // nearer to the question, but common among its language
        await index.PublishAsync(At(walled, "de", [.75f]), default); // stands out from its language

        var result = Rank(index, At(mine, "en", [1f]).Passages[0].Vector, [mine], [walled], wanted: 1);

        result.Denied.ShouldBe(1);
    }

    [Fact]
    public async Task Common_words_count_only_within_a_language_and_references_across()
    {
        var matter = new MatterId(_test.Id());
        string[] texts = ["Die Miete steht in der Hand des Mieters.", "Das Recht nach Art. 17 ist stark.", "Ein anderer Satz ohne Bezug."];
        var german = new IndexedVersion(matter, new DocumentId(_test.Id()), new DocumentVersionId(_test.Id()), texts.Select((t, i) => _test.Passage(i, t, "de")).ToArray());
        await using var index = _test.Open();
        await index.PublishAsync(german, default);
        using var snapshot = index.Acquire();

        var across = LexicalScan.Run(snapshot, new QueryTerms("is the hand in article 17?", "en"), new HashSet<MatterId> { matter }, new HashSet<MatterId>(), 10);
        var within = LexicalScan.Run(snapshot, new QueryTerms("Miete und Wohnung", "de"), new HashSet<MatterId> { matter }, new HashSet<MatterId>(), 10);

        across.Best.Keys.ShouldBe([new PassageKey(0, 1)]);
        within.Best.Keys.ShouldContain(new PassageKey(0, 0));
    }

    /// <summary>One document whose passages have these cosines with the first axis.</summary>
    private IndexedVersion At(MatterId matter, string language, IEnumerable<float> cosines) => new(matter, new DocumentId(_test.Id()), new DocumentVersionId(_test.Id()), cosines.Select((cosine, i) =>
    {
        var vector = new float[TestIndex.Dimensions];
        vector[0] = cosine;
        vector[i + 1] = MathF.Sqrt(1 - (cosine * cosine));
        return new IndexedPassage(i, "x", language, vector, []);
    }).ToArray());

    private static (List<Found> Best, int Denied, float Z) Rank(EmbeddedPassageIndex index, ReadOnlyMemory<float> query, HashSet<MatterId> readable, HashSet<MatterId> walled, int wanted = 5)
    {
        using var snapshot = index.Acquire();
        var ranked = Ranking.Rank(snapshot, new QueryCode(query), new QueryTerms("Who pays the rent for Berlin?", "en"), readable, walled, wanted, ScanSettings.Default, default);
        var best = ranked.Best.Select(r =>
        {
            var segment = snapshot.Segments[r.Key.Segment].Segment;
            var row = segment.Passages[r.Key.Passage];
            return new Found(new DocumentVersionId(segment.Versions[row.Version].Version), row.Ordinal, r.Score, r.Lexical);
        }).ToList();
        return (best, ranked.DeniedByAccess, ranked.BestScoreZ);
    }

    private sealed record Found(DocumentVersionId Version, int Ordinal, float Score, float Lexical);
}

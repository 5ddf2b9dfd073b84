using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.KvCache;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class PrefixCacheTests : IDisposable
{
    private static readonly EngineLimits s_limits = new(Sequences: 3, CacheBytes: 1_280 * TinyModel.BytesPerToken, QueueLength: 64);
    private static readonly int[] s_beginning = [.. Enumerable.Range(0, 400).Select(i => 3 + (i * 37 % 500))];
    private static readonly SamplingSettings s_sampling = new(0.8f, 0, 1, 1, 7);

    private readonly GenerationEngine _engine;

    public PrefixCacheTests()
    {
        Decoder decoder = TinyModel.NewDecoder("llama3-int4", s_limits);
        decoder.AddAdapter("a", static _ => { });
        _engine = new GenerationEngine(decoder, decoder.Vocabulary, [1], s_limits, TimeProvider.System, NullLogger.Instance);
    }

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task An_answer_from_cached_blocks_equals_a_cold_one()
    {
        Answer cold = await AskAsync([.. s_beginning, 17, 18], scope: null);
        Answer first = await AskAsync([.. s_beginning, 17, 18], "a");
        Answer second = await AskAsync([.. s_beginning, 17, 18], "a");

        first.Cached.ShouldBe(0);
        second.Cached.ShouldBe(384);
        first.Tokens.ShouldBe(cold.Tokens);
        second.Tokens.ShouldBe(cold.Tokens);
    }

    [Fact]
    public async Task Another_beginning_finds_only_what_it_shares()
    {
        await AskAsync(s_beginning, "a");
        int[] changed = [.. s_beginning];
        changed[200]++;

        (await AskAsync(changed, "a")).Cached.ShouldBe(128);
        changed[3]++;
        (await AskAsync(changed, "a")).Cached.ShouldBe(0);
    }

    [Fact]
    public async Task The_last_token_is_always_computed() =>
        (await Twice(s_beginning[..256], "a")).Cached.ShouldBe(128);

    [Theory]
    [InlineData("a", "b")]
    [InlineData("a", null)]
    [InlineData(null, "a")]
    [InlineData(null, null)]
    [InlineData("", null)]
    public async Task Nothing_is_shared_across_scopes_or_without_one(string? first, string? second)
    {
        await AskAsync(s_beginning, first);

        (await AskAsync(s_beginning, second)).Cached.ShouldBe(0);
    }

    [Fact]
    public async Task Adapters_share_nothing()
    {
        await AskAsync(s_beginning, "s", "a");

        (await AskAsync(s_beginning, "s")).Cached.ShouldBe(0);
        (await AskAsync(s_beginning, "s", "a")).Cached.ShouldBe(384);
    }

    [Fact]
    public async Task After_an_invalidation_nothing_from_before_is_found()
    {
        await AskAsync(s_beginning, "a");

        _engine.InvalidatePrefixes();

        (await AskAsync(s_beginning, "a")).Cached.ShouldBe(0);
        (await AskAsync(s_beginning, "a")).Cached.ShouldBe(384);
    }

    [Fact]
    public void What_was_computed_across_an_invalidation_is_not_kept()
    {
        using Decoder decoder = TinyModel.NewDecoder("llama3-int4");
        using var cache = new PrefixCache(decoder.Cache);
        BlockKey root = PrefixCache.Root("scope", null);
        int begun = cache.Epoch;
        decoder.Prefill(0, 0, s_beginning.AsSpan(0, 128));
        cache.Invalidate();

        cache.Add(root.Next(s_beginning.AsSpan(0, 128)), root, slot: 0, start: 0, begun, freeTokens: 1_000);

        cache.Tokens.ShouldBe(0);
        cache.Restore(ref root, s_beginning, slot: 1).ShouldBe(0);
    }

    [Fact]
    public async Task Memory_for_requests_comes_from_the_least_recently_used_blocks_and_from_the_ends_of_beginnings()
    {
        await AskAsync(s_beginning, "old");
        await AskAsync(s_beginning, "new");
        await AskAsync(s_beginning, "old"); // used again: "new" is the older one now

        // 1,280 tokens; 768 in blocks, 2 x 512 wanted: four blocks must go
        GenerationRequest one = Start([.. Enumerable.Range(3, 16)], null, null, maxTokens: 496);
        GenerationRequest two = Start([.. Enumerable.Range(3, 16)], null, null, maxTokens: 496);
        await one.Outcome;
        await two.Outcome;

        (await AskAsync(s_beginning, "old")).Cached.ShouldBe(256);
        (await AskAsync(s_beginning, "new")).Cached.ShouldBe(0);
    }

    private async Task<Answer> Twice(int[] prompt, string scope)
    {
        await AskAsync(prompt, scope);
        return await AskAsync(prompt, scope);
    }

    private async Task<Answer> AskAsync(int[] prompt, string? scope, string? adapter = null)
    {
        GenerationRequest request = Start(prompt, scope, adapter);
        int[] tokens = [.. await request.Tokens.ReadAllAsync().ToListAsync()];
        return new Answer(tokens, (await request.Outcome).CachedTokens);
    }

    private GenerationRequest Start(int[] prompt, string? scope, string? adapter, int maxTokens = 8)
    {
        var request = new GenerationRequest(prompt, s_sampling, maxTokens, CancellationToken.None) { Placement = RequestPlacement.Default with { CacheScope = scope, Adapter = adapter } };
        _engine.Enqueue(request);
        return request;
    }

    private sealed record Answer(int[] Tokens, int Cached);
}

using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class PrefixCacheTests : IAsyncLifetime
{
    // 128 MB: 2,912 tokens of the model in the box
    private static readonly EngineLimits s_limits = new(Sequences: 3, CacheBytes: 128 << 20, QueueLength: 64);
    private static readonly int[] s_beginning = [.. Enumerable.Range(0, 400).Select(i => 1_000 + (i * 37 % 20_000))];
    private static readonly SamplingSettings s_sampling = new(0.8f, 0, 1, 1, 7);

    private GenerationEngine _engine = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        Decoder decoder = await GenerationModelFixture.NewDecoderAsync(s_limits);
        _engine = new GenerationEngine(decoder, decoder.Vocabulary, [2], s_limits, TimeProvider.System, NullLogger.Instance);
    }

    public ValueTask DisposeAsync()
    {
        _engine.Dispose();
        return ValueTask.CompletedTask;
    }

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
    public async Task Nothing_from_before_an_invalidation_is_found_even_when_it_was_computed_across_it()
    {
        await AskAsync(s_beginning, "a");
        int[] longPrompt = [.. s_beginning[..100], .. Enumerable.Range(0, 1_000)];
        GenerationRequest across = Start(longPrompt, "a");
        while (_engine.ComputedChunks < 6)
        {
            await Task.Delay(1);
        }

        _engine.InvalidatePrefixes();
        await across.Outcome;

        (await AskAsync(s_beginning, "a")).Cached.ShouldBe(0);
        (await AskAsync(longPrompt, "a")).Cached.ShouldBe(0);
        (await AskAsync(longPrompt, "a")).Cached.ShouldBe(1_024);
    }

    [Fact]
    public async Task Memory_for_requests_comes_from_the_least_recently_used_blocks()
    {
        await AskAsync(s_beginning, "old");
        await AskAsync(s_beginning, "new");
        await AskAsync(s_beginning, "old"); // used again: "new" is the older one now

        // 2,912 tokens; 768 in blocks, 2,416 wanted: three blocks must go
        await Start([.. Enumerable.Range(0, 16)], null, maxTokens: 2_400).Outcome;

        (await AskAsync(s_beginning, "old")).Cached.ShouldBeGreaterThanOrEqualTo(128);
        (await AskAsync(s_beginning, "new")).Cached.ShouldBe(0);
    }

    private async Task<Answer> Twice(int[] prompt, string scope)
    {
        await AskAsync(prompt, scope);
        return await AskAsync(prompt, scope);
    }

    private async Task<Answer> AskAsync(int[] prompt, string? scope)
    {
        GenerationRequest request = Start(prompt, scope);
        int[] tokens = [.. await request.Tokens.ReadAllAsync().ToListAsync()];
        return new Answer(tokens, (await request.Outcome).CachedTokens);
    }

    private GenerationRequest Start(int[] prompt, string? scope, int maxTokens = 8)
    {
        var request = new GenerationRequest(prompt, s_sampling, maxTokens, CancellationToken.None) { Placement = RequestPlacement.Default with { CacheScope = scope } };
        _engine.Enqueue(request);
        return request;
    }

    private sealed record Answer(int[] Tokens, int Cached);
}

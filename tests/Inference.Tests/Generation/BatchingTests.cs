using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

/// <summary>The model in the box under several requests at once.</summary>
public sealed class BatchingTests : IAsyncLifetime
{
    private static readonly EngineLimits s_limits = new(Sequences: 5, CacheBytes: 192 << 20, QueueLength: 64);

    private Decoder _decoder = null!; // set before each test, owned by the engine
    private GenerationEngine _engine = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        _decoder = await GenerationModelFixture.NewDecoderAsync(s_limits);
        // Plans of their own over the same weights: what is tested is that rows keep their runs apart, not what an adapter computes.
        _decoder.AddAdapter("a", static _ => { });
        _decoder.AddAdapter("b", static _ => { });
        _engine = new GenerationEngine(_decoder, _decoder.Vocabulary, [2], s_limits, TimeProvider.System, NullLogger.Instance);
    }

    public ValueTask DisposeAsync()
    {
        _engine.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_answer_is_the_same_alone_and_among_others_that_join_leave_and_are_cancelled(int seed)
    {
        var random = new Random(seed);
        Job[] jobs = [.. Enumerable.Range(0, 14).Select(i => Job.Random(random, i))];
        var alone = new List<int[]>();
        foreach (Job job in jobs)
        {
            alone.Add(await ReadAsync(Start(job)));
        }

        var together = new Task<int[]>[jobs.Length];
        var disturbers = new List<(GenerationRequest Request, CancellationTokenSource Cancellation)>();
        for (int i = 0; i < jobs.Length; i++)
        {
            together[i] = ReadAsync(Start(jobs[i]));
            if (i % 3 == 0)
            {
                var cancellation = new CancellationTokenSource();
                disturbers.Add((Start(Job.Random(random, 100 + i), cancellation.Token), cancellation));
                cancellation.CancelAfter(random.Next(400));
            }

            await Task.Delay(random.Next(60));
        }

        for (int i = 0; i < jobs.Length; i++)
        {
            (await together[i]).ShouldBe(alone[i], $"request {i}: {jobs[i].Sampling}");
        }

        foreach ((GenerationRequest request, CancellationTokenSource cancellation) in disturbers)
        {
            await request.Outcome;
            cancellation.Dispose();
        }
    }

    [Fact]
    public async Task Adapters_that_the_model_has_not_loaded_are_refused_and_others_are_served()
    {
        var request = new GenerationRequest(GoldenChat.All[0].PromptIds, SamplingSettings.Greedy, 20, CancellationToken.None) { Placement = RequestPlacement.Default with { Adapter = "unknown" } };
        Should.Throw<ArgumentException>(() => _engine.Enqueue(request)).Message.ShouldContain("unknown");

        (await ReadAsync(Start(new Job(GoldenChat.All[0].PromptIds, SamplingSettings.Greedy, 20)))).ShouldBe(GoldenChat.All[0].OnnxInt8.Greedy[..^1]);
    }

    [Fact]
    public async Task A_running_stream_waits_for_one_chunk_at_most_while_long_prompts_are_read()
    {
        GenerationRequest stream = Start(new Job(GoldenChat.All[0].PromptIds, new SamplingSettings(2, 0, 1, 1, 5), 60));
        await stream.Tokens.ReadAsync();
        int[] longPrompt = [.. Enumerable.Range(0, 1_200).Select(i => 100 + i)];
        Task<int[]> late = ReadAsync(Start(new Job(longPrompt, SamplingSettings.Greedy, 1)));

        int tokensMeanwhile = 0;
        while (!late.IsCompleted && await stream.Tokens.WaitToReadAsync())
        {
            while (stream.Tokens.TryRead(out _))
            {
                tokensMeanwhile++;
            }
        }

        // ten chunks, a token after each
        await late;
        tokensMeanwhile.ShouldBeInRange(8, 12);
    }

    [Fact]
    public async Task The_cache_budget_holds_requests_back_that_do_not_fit_together_and_all_are_served()
    {
        // 4,352 tokens in all; each may need 1,500
        Task<int[]>[] requests = [.. Enumerable.Range(0, 5).Select(i => ReadAsync(Start(new Job(GoldenChat.All[0].PromptIds, new SamplingSettings(1, 0, 1, 1, i), 1_450))))];

        await Task.WhenAll(requests);

        _engine.MostRunning.ShouldBe(2);
    }

    private GenerationRequest Start(Job job, CancellationToken cancellationToken = default)
    {
        var request = new GenerationRequest(job.Prompt, job.Sampling, job.MaxTokens, cancellationToken) { Placement = RequestPlacement.Default with { Adapter = job.Adapter } };
        _engine.Enqueue(request);
        return request;
    }

    private static async Task<int[]> ReadAsync(GenerationRequest request) => [.. await request.Tokens.ReadAllAsync().ToListAsync()];

    private sealed record Job(int[] Prompt, SamplingSettings Sampling, int MaxTokens, string? Adapter = null)
    {
        private static readonly string?[] s_adapters = [null, null, "a", "b"];

        public static Job Random(Random random, int number) => new(
            GoldenChat.All[random.Next(GoldenChat.All.Length)].PromptIds[..^random.Next(3)],
            number % 2 == 0 ? SamplingSettings.Greedy : new SamplingSettings(0.9f, number % 4 == 1 ? 40 : 0, 0.95f, 1.1f, number),
            random.Next(2, 40),
            s_adapters[random.Next(s_adapters.Length)]);
    }
}

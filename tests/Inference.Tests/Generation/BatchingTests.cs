using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

/// <summary>Several requests at once.</summary>
public sealed class BatchingTests
{
    private const int ManyTokens = 16_384;

    [Theory]
    [InlineData("llama3-int4", 1)]
    [InlineData("llama3-int4", 2)]
    [InlineData("llama3-int4", 3)]
    [InlineData("qwen3-fp32", 4)]
    [InlineData("phi3-fp32", 5)]
    public async Task An_answer_is_the_same_alone_and_among_others_that_join_leave_and_are_cancelled(string model, int seed)
    {
        using GenerationEngine engine = TinyEngine(model, sequences: 5);
        var random = new Random(seed);
        Job[] jobs = [.. Enumerable.Range(0, 60).Select(i => Job.Random(random, i))];
        var alone = new List<int[]>();
        foreach (Job job in jobs)
        {
            alone.Add(await ReadAsync(Start(engine, job)));
        }

        engine.MostRunning.ShouldBe(1);
        var together = new Task<int[]>[jobs.Length];
        var disturbers = new List<(GenerationRequest Request, CancellationTokenSource Cancellation)>();
        for (int i = 0; i < jobs.Length; i++)
        {
            together[i] = ReadAsync(Start(engine, jobs[i]));
            if (i % 3 == 0)
            {
                var cancellation = new CancellationTokenSource();
                disturbers.Add((Start(engine, Job.Random(random, 100 + i), cancellation.Token), cancellation));
                cancellation.CancelAfter(random.Next(10));
            }

            if (random.Next(4) == 0)
            {
                await Task.Delay(random.Next(5));
            }
        }

        for (int i = 0; i < jobs.Length; i++)
        {
            (await together[i]).ShouldBe(alone[i], $"request {i} of {jobs[i].Prompt.Length} tokens, {jobs[i].Adapter}, {jobs[i].Sampling}");
        }

        engine.MostRunning.ShouldBe(5);
        foreach ((GenerationRequest request, CancellationTokenSource cancellation) in disturbers)
        {
            await request.Outcome;
            cancellation.Dispose();
        }
    }

    [Fact]
    public async Task The_model_in_the_box_answers_alike_alone_and_in_a_batch()
    {
        var limits = new EngineLimits(Sequences: 6, CacheBytes: 64 << 20, QueueLength: 64);
        Decoder decoder = await GenerationModelFixture.NewDecoderAsync(limits);
        using var engine = new GenerationEngine(decoder, decoder.Vocabulary, [2], limits, TimeProvider.System, NullLogger.Instance);
        Job[] jobs =
        [
            .. GoldenChat.All.Take(4).Select(c => new Job(c.PromptIds[..Math.Min(c.PromptIds.Length, 60)], SamplingSettings.Greedy, 8)),
            .. GoldenChat.All.Take(3).Select((c, i) => new Job(c.PromptIds[..Math.Min(c.PromptIds.Length, 50 + i)], new SamplingSettings(1, 0, 0.95f, 1.1f, i), 6 + i)),
        ];
        var alone = new List<int[]>();
        foreach (Job job in jobs)
        {
            alone.Add(await ReadAsync(Start(engine, job)));
        }

        int[][] together = await Task.WhenAll(jobs.Select(job => ReadAsync(Start(engine, job))));

        together.ShouldBe(alone);
        engine.MostRunning.ShouldBeGreaterThan(3);
    }

    [Fact]
    public async Task An_adapter_that_the_model_has_not_loaded_is_refused_and_others_are_served()
    {
        using GenerationEngine engine = TinyEngine("llama3-int4", sequences: 2);

        Should.Throw<ArgumentException>(() => Start(engine, new Job([5, 6], SamplingSettings.Greedy, 20, "unknown"))).Message.ShouldContain("unknown");

        (await ReadAsync(Start(engine, new Job([5, 6], SamplingSettings.Greedy, 20)))).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_running_stream_gets_a_token_after_each_chunk_of_a_long_prompt()
    {
        using GenerationEngine engine = TinyEngine("llama3-int4", sequences: 3);
        using var cancellation = new CancellationTokenSource();
        GenerationRequest stream = Start(engine, new Job([5, 6, 7], Endless(1), 400), cancellation.Token);
        await stream.Tokens.ReadAsync();

        GenerationRequest late = Start(engine, new Job([.. Enumerable.Range(0, 400).Select(i => 3 + (i % 500))], SamplingSettings.Greedy, 1));
        int before = engine.StepsTaken;
        await late.Outcome;
        int during = engine.StepsTaken - before;

        // four chunks; what ran before its admission or after its end may count too
        during.ShouldBeGreaterThanOrEqualTo(3);
        await cancellation.CancelAsync();
        await stream.Outcome;
    }

    [Fact]
    public async Task The_cache_budget_holds_requests_back_that_do_not_fit_together_and_all_are_served()
    {
        // 1,100 tokens in all; each may need 500
        using GenerationEngine engine = TinyEngine("llama3-int4", sequences: 5, cacheTokens: 1_100);

        int[][] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => ReadAsync(Start(engine, new Job([5, 6], Endless(i), 498)))));

        answers.ShouldAllBe(a => a.Length > 0);
        engine.MostRunning.ShouldBe(2);
    }

    [Fact]
    public async Task A_step_of_many_streams_allocates_nothing_on_the_engines_thread()
    {
        using GenerationEngine engine = TinyEngine("llama3-int4", sequences: 4, stopToken: -1);
        using var cancellation = new CancellationTokenSource();
        GenerationRequest waiting = Start(engine, new Job([5], SamplingSettings.Greedy, 1), cancellation.Token); // the first one warms up
        await waiting.Outcome;
        Job[] jobs = [.. Enumerable.Range(0, 5).Select(i => new Job([5, 6, 7], i % 2 == 0 ? Endless(i) : new SamplingSettings(5, 40, 0.9f, 1.2f, i), 450))]; // the fifth waits
        var steady = new HashSet<long>();
        for (int attempt = 0; steady.Count == 0 && attempt < 20; attempt++)
        {
            GenerationRequest[] requests = [.. jobs.Select(job => Start(engine, job))];
            Task<int[]>[] readers = [.. requests.Select(ReadAsync)];
            int joined = engine.StepsTaken; // all are in the line; where this thread was held up meanwhile, some are nearly done
            while (engine.StepsTaken < joined + 50)
            {
                Thread.SpinWait(100);
            }

            while (engine.StepsTaken < joined + 350)
            {
                long allocated = engine.AllocatedBytes;
                if (requests.Any(r => r.Outcome.IsCompleted))
                {
                    steady.Clear(); // an end allocates
                    break;
                }

                steady.Add(allocated);
            }

            await Task.WhenAll(readers);
        }

        steady.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Batch_tasks_leave_a_slot_to_interactive_requests()
    {
        using GenerationEngine engine = TinyEngine("llama3-int4", sequences: 3);
        Task<int[]>[] tasks = [.. Enumerable.Range(0, 6).Select(i => ReadAsync(Start(engine, new Job([5, 6], Endless(i), 200) { Priority = -1 })))];
        await Task.WhenAll(tasks);

        engine.MostRunning.ShouldBe(2);
    }

    /// <summary>Hot enough that a stop token is one among 512.</summary>
    private static SamplingSettings Endless(int seed) => new(5, 0, 1, 1, seed);

    private static GenerationEngine TinyEngine(string model, int sequences, int cacheTokens = ManyTokens, int stopToken = 1)
    {
        var limits = new EngineLimits(sequences, (long)cacheTokens * TinyModel.BytesPerToken, QueueLength: 200);
        Decoder decoder = TinyModel.NewDecoder(model, limits);
        // Plans of their own over the same weights: what is tested is that rows keep their runs apart, not what an adapter computes.
        decoder.AddAdapter("a", static _ => { });
        decoder.AddAdapter("b", static _ => { });
        return new GenerationEngine(decoder, decoder.Vocabulary, [stopToken], limits, TimeProvider.System, NullLogger.Instance);
    }

    private static GenerationRequest Start(GenerationEngine engine, Job job, CancellationToken cancellationToken = default)
    {
        var request = new GenerationRequest(job.Prompt, job.Sampling, job.MaxTokens, cancellationToken)
        {
            Placement = RequestPlacement.Default with { Adapter = job.Adapter, Priority = job.Priority },
        };
        engine.Enqueue(request);
        return request;
    }

    private static async Task<int[]> ReadAsync(GenerationRequest request) => [.. await request.Tokens.ReadAllAsync().ToListAsync()];

    private sealed record Job(int[] Prompt, SamplingSettings Sampling, int MaxTokens, string? Adapter = null)
    {
        private static readonly string?[] s_adapters = [null, null, "a", "b"];

        public int Priority { get; init; }

        public static Job Random(Random random, int number) => new(
            [.. Enumerable.Range(0, random.Next(1, 300)).Select(_ => random.Next(3, 512))],
            number % 2 == 0 ? SamplingSettings.Greedy : new SamplingSettings(0.9f, number % 4 == 1 ? 40 : 0, 0.95f, 1.1f, number),
            random.Next(1, 60),
            s_adapters[random.Next(s_adapters.Length)]);
    }
}

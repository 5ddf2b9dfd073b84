using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class GenerationEngineTests : IAsyncLifetime
{
    private static readonly int[] s_question = GoldenChat.All[0].PromptIds;
    private static readonly EngineLimits s_limits = new(Sequences: 1, CacheBytes: 64 << 20, QueueLength: 4);

    private Decoder _decoder = null!; // set before each test, owned by the engine
    private GenerationEngine _engine = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        _decoder = await GenerationModelFixture.NewDecoderAsync(s_limits);
        _engine = new GenerationEngine(_decoder, _decoder.Vocabulary, [2], s_limits, TimeProvider.System, NullLogger.Instance);
    }

    public ValueTask DisposeAsync()
    {
        _engine.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Tokens_come_without_the_stop_token_which_counts()
    {
        GenerationRequest request = Start(s_question, CancellationToken.None);

        (await request.Tokens.ReadAllAsync().ToListAsync()).ShouldBe(GoldenChat.All[0].OnnxInt8.Greedy[..^1]);
        GenerationOutcome outcome = await request.Outcome;
        outcome.End.ShouldBe(GenerationEnd.StopToken);
        outcome.Tokens.ShouldBe(8);
    }

    [Fact]
    public async Task Cancelling_a_long_prompt_ends_it_before_it_is_read()
    {
        int[] prompt = [.. Enumerable.Range(0, 1_200).Select(i => 100 + i)];
        using var cancellation = new CancellationTokenSource();
        GenerationRequest request = Start(prompt, cancellation.Token);
        cancellation.CancelAfter(TimeSpan.FromMilliseconds(20));

        GenerationOutcome outcome = await request.Outcome;

        outcome.End.ShouldBe(GenerationEnd.Cancelled);
        outcome.Tokens.ShouldBe(0);
    }

    [Fact]
    public async Task After_a_cancelled_prompt_the_next_request_is_served_as_ever()
    {
        using var cancellation = new CancellationTokenSource();
        GenerationRequest cancelled = Start([.. Enumerable.Range(0, 1_200).Select(i => 100 + i)], cancellation.Token);
        GenerationRequest next = Start(s_question, CancellationToken.None);
        await cancellation.CancelAsync();

        (await cancelled.Outcome).End.ShouldBe(GenerationEnd.Cancelled);
        (await next.Tokens.ReadAllAsync().ToListAsync()).ShouldBe(GoldenChat.All[0].OnnxInt8.Greedy[..^1]);
    }

    [Fact]
    public async Task Shutting_down_ends_the_running_and_the_waiting_requests()
    {
        GenerationRequest running = Start([.. Enumerable.Range(0, 1_200).Select(i => 100 + i)], CancellationToken.None);
        GenerationRequest waiting = Start(s_question, CancellationToken.None);

        _engine.Dispose();

        (await running.Outcome).End.ShouldBe(GenerationEnd.Cancelled);
        (await waiting.Outcome).End.ShouldBe(GenerationEnd.Cancelled);
        Should.Throw<ObjectDisposedException>(() => Start(s_question, CancellationToken.None));
    }

    [Fact]
    public async Task A_full_queue_refuses_with_the_time_to_come_back()
    {
        using var cancellation = new CancellationTokenSource();
        GenerationRequest[] accepted = [.. Enumerable.Range(0, 4).Select(_ => Start([.. Enumerable.Range(0, 1_200)], cancellation.Token))];
        GenerationBusyException? busy = null;
        for (int i = 0; busy is null && i < 2; i++)
        {
            busy = Record.Exception(() => Start(s_question, cancellation.Token)) as GenerationBusyException; // the first may take the running one's place
        }

        await cancellation.CancelAsync();

        busy.ShouldNotBeNull().RetryAfter.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1));
        foreach (GenerationRequest request in accepted)
        {
            (await request.Outcome).End.ShouldBe(GenerationEnd.Cancelled);
        }
    }

    [Fact]
    public async Task A_request_is_given_up_at_its_deadline_whether_it_runs_or_waits()
    {
        GenerationRequest running = Start([.. Enumerable.Range(0, 1_200)], CancellationToken.None, TimeSpan.FromMilliseconds(200));
        GenerationRequest waiting = Start(s_question, CancellationToken.None, TimeSpan.FromMilliseconds(50));

        (await waiting.Outcome).End.ShouldBe(GenerationEnd.DeadlineExceeded);
        (await running.Outcome).End.ShouldBe(GenerationEnd.DeadlineExceeded);
        (await Start(s_question, CancellationToken.None).Tokens.ReadAllAsync().ToListAsync()).ShouldBe(GoldenChat.All[0].OnnxInt8.Greedy[..^1]);
    }

    [Fact]
    public void What_does_not_fit_the_context_is_refused_at_the_door() =>
        Should.Throw<ArgumentException>(() => Start(new int[1_231], CancellationToken.None)).Message.ShouldContain("1280");

    private GenerationRequest Start(int[] prompt, CancellationToken cancellationToken, TimeSpan? deadline = null)
    {
        var request = new GenerationRequest(prompt, SamplingSettings.Greedy, 50, cancellationToken) { Placement = RequestPlacement.Default with { Deadline = deadline } };
        _engine.Enqueue(request);
        return request;
    }
}

using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using EnterpriseRag.Inference.Models.Check;
using EnterpriseRag.Inference.Models.Import;
using EnterpriseRag.Inference.Models.Import.Adapters;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Tests.Models.Import;
using EnterpriseRag.Inference.Tests.Models.Import.Families;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

/// <summary>Requests with and without an adapter in one engine, against torch's tokens for the model alone and with the adapter merged.</summary>
public sealed class AdapterBatchingTests : IAsyncLifetime
{
    private const int AnswerTokens = 24;

    private static readonly EngineLimits s_limits = new(Sequences: 6, CacheBytes: 8 << 20, QueueLength: 64);
    private static readonly int[] s_beginning = [.. Enumerable.Range(0, 400).Select(i => 3 + (i * 37 % 500))];

    private readonly TemporaryFolder _folder = new();
    private GenerationEngine _engine = null!; // set before each test

    private static string Peft => RepositoryFiles.Fixture("models/tiny-lora/llama3");

    public async ValueTask InitializeAsync()
    {
        var options = new ModelImportOptions { Bits = WeightBits.Full };
        ModelFolder model = await ModelImporter.ImportAsync(PublishedModel.FixtureFolder("llama3"), _folder.Sub("model"), options, progress: null, CancellationToken.None);
        ModelFolder adapter = AdapterImporter.Import(Peft, model.Path, _folder.Sub("adapter"), replace: false, CancellationToken.None);
        var decoder = new Decoder(model, GenAiConfig.Read(model), GenerationModelFixture.Runtime, s_limits.CacheBytes, s_limits.Slots);
        decoder.AddAdapter("a", LoadedAdapter.Open(adapter, model));
        decoder.AddAdapter("b", LoadedAdapter.Open(adapter, model));
        _engine = new GenerationEngine(decoder, decoder.Vocabulary, [-1], s_limits, TimeProvider.System, NullLogger.Instance);
    }

    public ValueTask DisposeAsync()
    {
        _engine.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Each_request_gets_its_own_golden_tokens_whoever_runs_beside_it()
    {
        IReadOnlyList<GoldenCase> alone = GoldenFile.Read(Path.Combine(PublishedModel.FixtureFolder("llama3"), "golden.json"));
        IReadOnlyList<GoldenCase> adapted = GoldenFile.Read(Path.Combine(Peft, "golden.json"));
        var jobs = new List<(Task<Answer> Answer, IReadOnlyList<int> Golden, string? Adapter)>();
        for (int i = 0; i < 36; i++)
        {
            string? adapter = (i % 6) switch { 0 or 3 => null, 4 => "b", _ => "a" }; // several rows a step with "a" and without
            GoldenCase golden = (adapter is null ? alone : adapted)[i / 3 % alone.Count];
            jobs.Add((AskAsync([.. golden.InputIds], scope: null, adapter), golden.Greedy, adapter));
            if (i >= s_limits.Sequences)
            {
                // The others are amid their answers when this one joins.
                int joined = _engine.StepsTaken;
                while (_engine.StepsTaken < joined + (i % 5) && !jobs.TrueForAll(job => job.Answer.IsCompleted))
                {
                    await Task.Yield();
                }
            }
        }

        for (int i = 0; i < jobs.Count; i++)
        {
            (await jobs[i].Answer).Tokens.ShouldBe(jobs[i].Golden, $"request {i}, adapter {jobs[i].Adapter}");
        }

        _engine.MostRunning.ShouldBe(s_limits.Sequences);
    }

    [Fact]
    public async Task A_beginning_that_one_adapter_computed_is_never_another_ones()
    {
        string?[] adapters = [null, "a", "b"];
        var cold = new List<Answer>();
        foreach (string? adapter in adapters)
        {
            cold.Add(await AskAsync(s_beginning, scope: null, adapter));
        }

        cold[1].Tokens.ShouldNotBe(cold[0].Tokens);
        cold[2].Tokens.ShouldBe(cold[1].Tokens, "the same adapter under another name");
        for (int i = 0; i < adapters.Length; i++)
        {
            Answer first = await AskAsync(s_beginning, "scope", adapters[i]);
            (first.Cached, first.Tokens).ShouldSatisfyAllConditions(f => f.Cached.ShouldBe(0), f => f.Tokens.ShouldBe(cold[i].Tokens));
        }

        for (int i = 0; i < adapters.Length; i++)
        {
            Answer second = await AskAsync(s_beginning, "scope", adapters[i]);
            (second.Cached, second.Tokens).ShouldSatisfyAllConditions(s => s.Cached.ShouldBe(384), s => s.Tokens.ShouldBe(cold[i].Tokens));
        }
    }

    private async Task<Answer> AskAsync(int[] prompt, string? scope, string? adapter)
    {
        var request = new GenerationRequest(prompt, SamplingSettings.Greedy, AnswerTokens, CancellationToken.None) { Placement = RequestPlacement.Default with { CacheScope = scope, Adapter = adapter } };
        _engine.Enqueue(request);
        int[] tokens = [.. await request.Tokens.ReadAllAsync().ToListAsync()];
        return new Answer(tokens, (await request.Outcome).CachedTokens);
    }

    private sealed record Answer(int[] Tokens, int Cached);
}

using System.Diagnostics;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Inference.Tokenization;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Benchmarks;

/// <summary>
/// The scheduler with the model in the box: token ids in and out, as the peer has them. No token ends an answer, so every answer has the length that was asked for.
/// </summary>
internal sealed class GenerationUnderTest : IDisposable
{
    /// <summary>Enough for every benchmark; more than the product's default.</summary>
    public const int CacheMegabytes = 512;

    private readonly Tokenizer _tokenizer;

    private GenerationUnderTest(GenerationEngine engine, Tokenizer tokenizer) => (Engine, _tokenizer) = (engine, tokenizer);

    public GenerationEngine Engine { get; }

    public static string Gguf => RepositoryFiles.Model("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");

    public static async Task<GenerationUnderTest> StartAsync(int cacheMegabytes = CacheMegabytes)
    {
        EngineLimits limits = EngineLimits.From(new GenerationOptions { CacheMegabytes = cacheMegabytes });
        var runtime = new InferenceRuntime(Options.Create(new RuntimeOptions()), NullLogger<InferenceRuntime>.Instance);
        ModelFolder folder = ModelFolder.Open(await ImportedModel.FolderAsync());
        var decoder = new Decoder(folder, GenAiConfig.Read(folder), runtime, limits.CacheBytes, limits.Slots);
        Tokenizer tokenizer = Tokenizer.Load(folder.File("tokenizer.json"));
        return new GenerationUnderTest(new GenerationEngine(decoder, tokenizer.VocabularySize, [], limits, TimeProvider.System, NullLogger.Instance), tokenizer);
    }

    /// <summary>The first so many tokens of the prose that begins at a seed.</summary>
    public int[] Prompt(int seed, int tokens) =>
        _tokenizer.Encode(Prose.Text(seed, text => text.Length > tokens * 8), new EncodeOptions()).Ids[..tokens];

    public GenerationRequest Start(int[] prompt, int tokens, string? scope = null, CancellationToken cancellationToken = default)
    {
        var request = new GenerationRequest(prompt, SamplingSettings.Greedy, tokens, cancellationToken) { Placement = RequestPlacement.Default with { CacheScope = scope } };
        Engine.Enqueue(request);
        return request;
    }

    /// <summary>All side by side; the time until each has its first token, then the time and number of the tokens after that.</summary>
    public async Task<GenerationTime> GenerateAsync(int[][] prompts, int tokens, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        int read = 0;
        var all = new TaskCompletionSource();
        int waiting = prompts.Length;
        Task[] readers = [.. prompts.Select(prompt => Start(prompt, tokens)).Select(ReadAsync)];
        await all.Task.WaitAsync(cancellationToken);
        (double prefill, int before) = (watch.Elapsed.TotalSeconds, Volatile.Read(ref read));
        await Task.WhenAll(readers);
        return read == prompts.Length * tokens
            ? new GenerationTime(prefill, watch.Elapsed.TotalSeconds - prefill, read - before)
            : throw new InvalidOperationException("An answer of the benchmark ended early.");

        async Task ReadAsync(GenerationRequest request)
        {
            bool first = true;
            while (await request.Tokens.WaitToReadAsync(cancellationToken))
            {
                while (request.Tokens.TryRead(out _))
                {
                    Interlocked.Increment(ref read);
                }

                if (first && Interlocked.Decrement(ref waiting) == 0)
                {
                    all.SetResult();
                }

                first = false;
            }
        }
    }

    public void Dispose() => Engine.Dispose();

    /// <summary>Rounds of ours and the peer's in turn, after one each to warm up; medians.</summary>
    public static async Task<(double Ours, double Peer)> TakeTurnsAsync(int rounds, Func<Task<double>> ours, Func<Task<double>> peer)
    {
        await ours();
        await peer();
        var (a, b) = (new double[rounds], new double[rounds]);
        for (int i = 0; i < rounds; i++)
        {
            a[i] = await ours();
            b[i] = await peer();
        }

        Array.Sort(a);
        Array.Sort(b);
        return (a[rounds / 2], b[rounds / 2]);
    }
}

/// <param name="PrefillSeconds">Until every sequence had its first token.</param>
/// <param name="DecodeSeconds">Of the rest.</param>
/// <param name="Decoded">Tokens of the rest, all sequences together.</param>
internal sealed record GenerationTime(double PrefillSeconds, double DecodeSeconds, int Decoded)
{
    public double DecodedPerSecond => Decoded / DecodeSeconds;
}

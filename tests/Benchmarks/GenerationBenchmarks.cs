using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Benchmarks;

/// <summary>Beside llama.cpp with the very GGUF that ours was imported from: same prompts (token ids), same number of tokens, as many threads as cores, turns in one run.</summary>
internal static class LlamaCppBenchmarks
{
    private const string Peer = "llama.cpp";
    private const int Rounds = 5;

    /// <summary>Tokens per second of one greedy stream after its first token: 160 tokens after a prompt of 48.</summary>
    public static Task<Measurement> DecodeOneAsync(CancellationToken cancellationToken) => DecodeAsync(streams: 1, tokens: 160, cancellationToken);

    /// <summary>The sum of eight such streams with prompts of 32 to 88 tokens, 64 tokens each.</summary>
    public static Task<Measurement> DecodeEightAsync(CancellationToken cancellationToken) => DecodeAsync(streams: 8, tokens: 64, cancellationToken);

    /// <summary>Tokens per second of a prompt of 1,000 until its first token.</summary>
    public static async Task<Measurement> PrefillAsync(CancellationToken cancellationToken)
    {
        using GenerationUnderTest ours = await GenerationUnderTest.StartAsync();
        using PeerProcess peer = Start();
        int[][] prompts = [ours.Prompt(1, 1_000)];
        var (our, their) = await GenerationUnderTest.TakeTurnsAsync(
            Rounds,
            async () => 1_000 / (await ours.GenerateAsync(prompts, 2, cancellationToken)).PrefillSeconds,
            async () => 1_000 / (await AskAsync(peer, prompts, 2, cancellationToken)).PrefillSeconds);
        return Measurement.Rate(our, Peer, their);
    }

    private static async Task<Measurement> DecodeAsync(int streams, int tokens, CancellationToken cancellationToken)
    {
        using GenerationUnderTest ours = await GenerationUnderTest.StartAsync();
        using PeerProcess peer = Start();
        int[][] prompts = [.. Enumerable.Range(0, streams).Select(i => ours.Prompt(i, streams == 1 ? 48 : 32 + (8 * i)))];
        var (our, their) = await GenerationUnderTest.TakeTurnsAsync(
            Rounds,
            async () => (await ours.GenerateAsync(prompts, tokens, cancellationToken)).DecodedPerSecond,
            async () => (await AskAsync(peer, prompts, tokens, cancellationToken)).DecodedPerSecond);
        return Measurement.Rate(our, Peer, their);
    }

    private static PeerProcess Start() => PeerProcess.Start("llama.mjs", GenerationUnderTest.Gguf, Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));

    private static Task<GenerationTime> AskAsync(PeerProcess peer, int[][] prompts, int tokens, CancellationToken cancellationToken) =>
        peer.AskAsync<GenerationTime>(JsonSerializer.Serialize(new { prompts, tokens }), cancellationToken);
}

/// <summary>Ours beside ours.</summary>
internal static class OwnBenchmarks
{
    private const int Rounds = 5;

    /// <summary>Eight requests of 64 tokens after prompts of 32 to 88, served together and one after another; tokens per second, prompts included.</summary>
    public static async Task<Measurement> BatchAsync(CancellationToken cancellationToken)
    {
        const int Tokens = 64;
        using GenerationUnderTest ours = await GenerationUnderTest.StartAsync();
        int[][] prompts = [.. Enumerable.Range(0, 8).Select(i => ours.Prompt(i, 32 + (8 * i)))];
        var (together, apart) = await GenerationUnderTest.TakeTurnsAsync(
            Rounds,
            () => RateAsync(() => ours.GenerateAsync(prompts, Tokens, cancellationToken)),
            () => RateAsync(async () =>
            {
                foreach (int[] prompt in prompts)
                {
                    await ours.GenerateAsync([prompt], Tokens, cancellationToken);
                }
            }));
        return Measurement.Rate(together, "one after another", apart);

        async Task<double> RateAsync(Func<Task> generate)
        {
            var watch = Stopwatch.StartNew();
            await generate();
            return prompts.Length * Tokens / watch.Elapsed.TotalSeconds;
        }
    }

    /// <summary>Milliseconds to the first token of a prompt of 768 shared tokens and a question of 20: from the prefix cache, and cold.</summary>
    public static async Task<Measurement> PrefixAsync(CancellationToken cancellationToken)
    {
        using GenerationUnderTest ours = await GenerationUnderTest.StartAsync();
        int[] shared = ours.Prompt(1, 768);
        int question = 0;
        await FirstTokenAsync("warm", expectedCached: 0); // fills the cache of this scope
        var (cached, cold) = await GenerationUnderTest.TakeTurnsAsync(Rounds, () => FirstTokenAsync("warm", 768), () => FirstTokenAsync(null, 0));
        return Measurement.Time(cached, "cold", cold);

        async Task<double> FirstTokenAsync(string? scope, int expectedCached)
        {
            int[] prompt = [.. shared, .. ours.Prompt(100 + question++, 20)];
            var watch = Stopwatch.StartNew();
            GenerationRequest request = ours.Start(prompt, 1, scope, cancellationToken);
            await request.Tokens.WaitToReadAsync(cancellationToken);
            double milliseconds = watch.Elapsed.TotalMilliseconds;
            return (await request.Outcome).CachedTokens == expectedCached ? milliseconds : throw new InvalidOperationException("The prefix cache held something else than expected.");
        }
    }

    /// <summary>Bytes that are allocated for a token of eight streams, engine and readers together, from the 32nd step on.</summary>
    public static async Task<Measurement> AllocationAsync(CancellationToken cancellationToken)
    {
        const int Tokens = 200;
        using GenerationUnderTest ours = await GenerationUnderTest.StartAsync();
        int[][] prompts = [.. Enumerable.Range(0, 8).Select(i => ours.Prompt(i, 40))];
        await ours.GenerateAsync(prompts, Tokens, cancellationToken);
        GenerationRequest[] requests = [.. prompts.Select(p => ours.Start(p, Tokens, cancellationToken: cancellationToken))];
        int read = 0;
        Task[] readers = [.. requests.Select(async request =>
        {
            while (await request.Tokens.WaitToReadAsync(cancellationToken))
            {
                while (request.Tokens.TryRead(out _))
                {
                    Interlocked.Increment(ref read);
                }
            }
        })];
        Reach(8 * 32);
        (long bytes, int tokens) = (GC.GetTotalAllocatedBytes(precise: true), Volatile.Read(ref read));
        Reach(8 * (Tokens - 32));
        double each = (double)(GC.GetTotalAllocatedBytes(precise: true) - bytes) / (Volatile.Read(ref read) - tokens);
        await Task.WhenAll(readers);
        return each;

        void Reach(int count)
        {
            while (Volatile.Read(ref read) < count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Thread.Sleep(10); // a delay would allocate
            }
        }
    }
}

/// <summary>What the process holds. Run alone: what other benchmarks left behind counts too.</summary>
internal static class MemoryBenchmarks
{
    /// <summary>Resident megabytes of a process with eight streams of 500 tokens, beside the bar: 1.3 × weights + cache budget + 150 MB.</summary>
    public static async Task<Measurement> ResidentAsync(CancellationToken cancellationToken)
    {
        const int Cache = 192; // the product's default
        using GenerationUnderTest ours = await GenerationUnderTest.StartAsync(Cache);
        int[][] prompts = [.. Enumerable.Range(0, 8).Select(i => ours.Prompt(i, 440))];
        await ours.GenerateAsync(prompts, 60, cancellationToken);
        double weights = new DirectoryInfo(await ImportedModel.FolderAsync()).EnumerateFiles("model.onnx*").Sum(f => f.Length) / 1e6;
        return Measurement.Time(ResidentMegabytes(), "bar", (1.3 * weights) + Cache + 150);
    }

    /// <summary>
    /// Resident megabytes after 10,000 requests, beside those after 2,000: prompts of 4 to 24 tokens or a shared beginning of 140, answers of 1 to 4, greedy and sampled, one in
    /// ten cancelled, 24 at a time.
    /// </summary>
    public static async Task<Measurement> SoakAsync(CancellationToken cancellationToken)
    {
        const int Requests = 10_000;
        const int Settled = 2_000;
        using GenerationUnderTest ours = await GenerationUnderTest.StartAsync(192);
        int[] text = ours.Prompt(3, 1_000);
        var random = new Random(7);
        using var places = new SemaphoreSlim(24);
        var open = new List<Task>();
        double settled = 0;
        int cancelled = 0;
        for (int i = 0; i < Requests; i++)
        {
            if (i == Settled)
            {
                await Task.WhenAll(open);
                settled = ResidentMegabytes();
            }

            if (open.Count > 100)
            {
                open.RemoveAll(t => t.IsCompletedSuccessfully);
            }

            await places.WaitAsync(cancellationToken);
            bool shared = i % 20 == 0;
            int[] prompt = shared ? [.. text[..140], .. text[random.Next(500)..][..4]] : text[random.Next(500)..][..random.Next(4, 25)];
            var sampling = i % 3 == 0 ? new SamplingSettings(1, 40, 0.95f, 1.1f, i) : SamplingSettings.Greedy;
            open.Add(OneAsync(prompt, sampling, random.Next(1, 5), shared ? $"scope {i % 40}" : null, i % 10 == 5 ? random.Next(30) : null));
        }

        await Task.WhenAll(open);
        return cancelled > 0 ? Measurement.Time(ResidentMegabytes(), "after 2,000", settled) : throw new InvalidOperationException("No request was cancelled in time.");

        async Task OneAsync(int[] prompt, SamplingSettings sampling, int tokens, string? scope, int? cancelAfterMs)
        {
            using var cancellation = new CancellationTokenSource();
            var request = new GenerationRequest(prompt, sampling, tokens, cancellation.Token) { Placement = RequestPlacement.Default with { CacheScope = scope } };
            ours.Engine.Enqueue(request);
            if (cancelAfterMs is { } delay)
            {
                await Task.Delay(delay, cancellationToken);
                await cancellation.CancelAsync();
            }

            while (await request.Tokens.WaitToReadAsync(cancellationToken))
            {
                while (request.Tokens.TryRead(out _))
                {
                }
            }

            if ((await request.Outcome).End == GenerationEnd.Cancelled)
            {
                Interlocked.Increment(ref cancelled);
            }

            places.Release();
        }
    }

    private static double ResidentMegabytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
    }
}

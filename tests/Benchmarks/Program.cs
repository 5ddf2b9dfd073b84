using System.Text.Json;
using EnterpriseRag.Benchmarks;
using EnterpriseRag.Testing.Tokenizers;

// One line a figure. A new benchmark is a file with its measurement and one line here.
Figure[] figures =
[
    new("decode", "decode-1", "tokens/s", LlamaCppBenchmarks.DecodeOneAsync),
    new("decode", "decode-8", "tokens/s", LlamaCppBenchmarks.DecodeEightAsync),
    new("prefill", "prefill", "tokens/s", LlamaCppBenchmarks.PrefillAsync),
    new("prefix", "prefix", "ms", OwnBenchmarks.PrefixAsync),
    new("batch", "batch-8", "tokens/s", OwnBenchmarks.BatchAsync),
    new("allocations", "allocations", "bytes/token", OwnBenchmarks.AllocationAsync),
    new("memory", "memory", "MB", MemoryBenchmarks.ResidentAsync),
    new("soak", "soak", "MB", MemoryBenchmarks.SoakAsync),
    new("embed", EmbedBenchmark.Name, EmbedBenchmark.Unit, EmbedBenchmark.RunAsync),
    .. ReferenceTokenizer.All.Select(static tokenizer =>
        new Figure("tokenize", $"tokenize {tokenizer.Name}", TokenizeBenchmark.Unit, cancellationToken => TokenizeBenchmark.RunAsync(tokenizer, cancellationToken))),
    new("constraints", "constraint cold 49k", ConstraintBenchmark.Unit, _ => ConstraintBenchmark.ColdAsync("smollm2")),
    new("constraints", "constraint warm 49k", ConstraintBenchmark.Unit, _ => ConstraintBenchmark.WarmAsync("smollm2")),
    new("constraints", "constraint cold 152k", ConstraintBenchmark.Unit, _ => ConstraintBenchmark.ColdAsync("qwen3")),
    new("constraints", "constraint warm 152k", ConstraintBenchmark.Unit, _ => ConstraintBenchmark.WarmAsync("qwen3")),
    new("audit", AuditBenchmark.Name, AuditBenchmark.Unit, AuditBenchmark.RunAsync),
    new("audit", AuditLatencyBenchmark.Name, AuditLatencyBenchmark.Unit, AuditLatencyBenchmark.RunAsync),
    new("audit", AuditVerifyBenchmark.Name, AuditVerifyBenchmark.Unit, AuditVerifyBenchmark.RunAsync),
    new("import", "import", "s", ImportBenchmark.SecondsAsync),
    new("import", "import peak memory", "MB", ImportBenchmark.MegabytesAsync),
    new("import-7b", "import-7b", "s", LargeImportBenchmark.SecondsAsync),
    new("import-7b", "import-7b speed", "GB/s", LargeImportBenchmark.SpeedAsync),
    new("import-7b", "import-7b peak memory", "MB", LargeImportBenchmark.MegabytesAsync),
    new("ingest", IngestBenchmark.Name, IngestBenchmark.Unit, IngestBenchmark.RunAsync),
];

// A name on the command line is a group of figures, or one of them.
string[] known = [.. figures.SelectMany(f => (string[])[f.Command, f.Name]).Distinct(StringComparer.Ordinal)];
if (args.Length == 0 || args.Except(known, StringComparer.Ordinal).FirstOrDefault() is not null)
{
    Console.Error.WriteLine($"Usage: EnterpriseRag.Benchmarks NAME…   names: {string.Join(' ', known)}");
    return 2;
}

foreach (string command in args)
{
    foreach (Figure figure in figures.Where(f => string.Equals(f.Command, command, StringComparison.Ordinal) || string.Equals(f.Name, command, StringComparison.Ordinal)))
    {
        Measurement measured = await figure.MeasureAsync(CancellationToken.None);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            name = figure.Name,
            ours = Math.Round(measured.Ours, 2),
            unit = figure.Unit,
            peer = measured.Peer?.Name,
            peerValue = measured.Peer is { } peer ? Math.Round(peer.Value, 2) : (double?)null,
            ratio = measured.Ratio is { } ratio ? Math.Round(ratio, 2) : (double?)null,
        }));
    }
}

return 0;

namespace EnterpriseRag.Benchmarks
{
    /// <param name="Command">Name on the command line; may print several figures.</param>
    /// <param name="Name">Name of the figure.</param>
    /// <param name="Unit">Of the value; more is better unless it is a time.</param>
    /// <param name="MeasureAsync">Measures it; throws when what was measured was not right.</param>
    internal sealed record Figure(string Command, string Name, string Unit, Func<CancellationToken, Task<Measurement>> MeasureAsync);

    /// <summary>A figure, and what another engine gave side by side in the same run.</summary>
    /// <param name="Ours">Median of our rounds.</param>
    /// <param name="Peer">Median of the peer's rounds, which took turns with ours; null when there is no peer.</param>
    /// <param name="Ratio">How many times better ours is: of rates ours / peer, of times peer / ours.</param>
    internal sealed record Measurement(double Ours, PeerValue? Peer, double? Ratio)
    {
        public static implicit operator Measurement(double ours) => new(ours, null, null);

        public static Measurement Rate(double ours, string peer, double peerValue) => new(ours, new PeerValue(peer, peerValue), ours / peerValue);

        public static Measurement Time(double ours, string peer, double peerValue) => new(ours, new PeerValue(peer, peerValue), peerValue / ours);
    }

    internal sealed record PeerValue(string Name, double Value);
}

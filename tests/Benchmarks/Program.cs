using System.Text.Json;
using EnterpriseRag.Benchmarks;

// One line a figure. A new benchmark is a file with its measurement and one line here.
Figure[] figures =
[
    new("decode", DecodeBenchmark.Name, DecodeBenchmark.Unit, DecodeBenchmark.RunAsync),
    new("prefill", PrefillBenchmark.Name, PrefillBenchmark.Unit, PrefillBenchmark.RunAsync),
    new("embed", EmbedBenchmark.Name, EmbedBenchmark.Unit, EmbedBenchmark.RunAsync),
    new("audit", AuditBenchmark.Name, AuditBenchmark.Unit, AuditBenchmark.RunAsync),
    new("audit", AuditLatencyBenchmark.Name, AuditLatencyBenchmark.Unit, AuditLatencyBenchmark.RunAsync),
    new("audit", AuditVerifyBenchmark.Name, AuditVerifyBenchmark.Unit, AuditVerifyBenchmark.RunAsync),
    new("ingest", IngestBenchmark.Name, IngestBenchmark.Unit, IngestBenchmark.RunAsync),
];

string[] known = [.. figures.Select(f => f.Command).Distinct(StringComparer.Ordinal)];
if (args.Length == 0 || args.Except(known, StringComparer.Ordinal).FirstOrDefault() is not null)
{
    Console.Error.WriteLine($"Usage: EnterpriseRag.Benchmarks NAME…   names: {string.Join(' ', known)}");
    return 2;
}

foreach (string command in args)
{
    foreach (Figure figure in figures.Where(f => string.Equals(f.Command, command, StringComparison.Ordinal)))
    {
        double value = await figure.MeasureAsync(CancellationToken.None);
        Console.WriteLine(JsonSerializer.Serialize(new { name = figure.Name, ours = Math.Round(value, 2), unit = figure.Unit, peer = (string?)null, peerValue = (double?)null, ratio = (double?)null }));
    }
}

return 0;

namespace EnterpriseRag.Benchmarks
{
    /// <param name="Command">Name on the command line; may print several figures.</param>
    /// <param name="Name">Name of the figure.</param>
    /// <param name="Unit">Of the value; more is better unless it is a time.</param>
    /// <param name="MeasureAsync">Measures it; throws when what was measured was not right.</param>
    internal sealed record Figure(string Command, string Name, string Unit, Func<CancellationToken, Task<double>> MeasureAsync);
}

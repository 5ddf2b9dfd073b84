using System.Diagnostics;
using EnterpriseRag.Audit;
using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Verification;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseRag.Benchmarks;

/// <summary>
/// Durable records through the ledger's door, on a private Postgres with fsync and checksums: each is a request or its response with 4 KiB of text to seal
/// (two content keys, HKDF, AES-GCM, commitment), core, tree and commit. The log is verified afterwards.
/// </summary>
internal static class AuditBenchmark
{
    public const string Name = "audit";
    public const string Unit = "records/s";
    private const int Clients = 64;

    /// <summary>Records per second with 64 clients: the best of three rounds of five seconds.</summary>
    public static async Task<Measurement> RunAsync(CancellationToken cancellationToken)
    {
        await using var ledger = await LedgerUnderTest.StartAsync();
        await ledger.WorkAsync(TimeSpan.FromSeconds(2), null, cancellationToken); // code is compiled twice before it is fast
        double best = 0;
        for (var round = 0; round < 3; round++)
        {
            var watch = Stopwatch.StartNew();
            var records = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => ledger.WorkAsync(TimeSpan.FromSeconds(5), null, cancellationToken)));
            best = Math.Max(best, records.Sum() / watch.Elapsed.TotalSeconds);
        }

        await ledger.VerifyAsync(cancellationToken);
        return best;
    }
}

/// <summary>The same with one client: what a quiet system adds to an answer per record.</summary>
internal static class AuditLatencyBenchmark
{
    public const string Name = "audit-p50";
    public const string Unit = "ms";

    /// <summary>Median milliseconds per record.</summary>
    public static async Task<Measurement> RunAsync(CancellationToken cancellationToken)
    {
        await using var ledger = await LedgerUnderTest.StartAsync();
        await ledger.WorkAsync(TimeSpan.FromSeconds(1), null, cancellationToken);
        var latencies = new List<double>();
        await ledger.WorkAsync(TimeSpan.FromSeconds(5), latencies, cancellationToken);
        latencies.Sort();
        return latencies[latencies.Count / 2];
    }
}

/// <summary>Leaves per second of a whole verification.</summary>
internal static class AuditVerifyBenchmark
{
    public const string Name = "audit-verify";
    public const string Unit = "leaves/s";

    /// <summary>The best of three rounds over what 64 clients wrote in ten seconds.</summary>
    public static async Task<Measurement> RunAsync(CancellationToken cancellationToken)
    {
        await using var ledger = await LedgerUnderTest.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => ledger.WorkAsync(TimeSpan.FromSeconds(10), null, cancellationToken)));
        double best = 0;
        for (var round = 0; round < 3; round++)
        {
            best = Math.Max(best, (await ledger.VerifyAsync(cancellationToken)).LeavesPerSecond);
        }

        return best;
    }
}

/// <summary>The module as the host composes it, on a cluster of its own.</summary>
internal sealed class LedgerUnderTest : IAsyncDisposable
{
    private const int TextBytes = 4096;
    private readonly PostgresCluster _cluster;
    private readonly TestDatabases _databases;
    private readonly ServiceProvider _services;
    private readonly string _text = string.Concat(Enumerable.Range(0, TextBytes / 8).Select(i => $"{i:D7} "));

    private LedgerUnderTest(PostgresCluster cluster, TestDatabases databases, ServiceProvider services)
    {
        _cluster = cluster;
        _databases = databases;
        _services = services;
    }

    public static async Task<LedgerUnderTest> StartAsync()
    {
        var cluster = await PostgresCluster.StartAsync();
        var databases = await cluster.CreateDatabasesAsync(AuditModule.Migrations);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(databases.Configuration).Build();
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddStorage(configuration);
        services.AddAudit(configuration);
        var provider = services.BuildServiceProvider();
        await provider.GetServices<IHostedService>().OfType<LedgerStartup>().Single().StartAsync(CancellationToken.None);
        return new LedgerUnderTest(cluster, databases, provider);
    }

    /// <summary>One client: request, response, request, response …</summary>
    /// <returns>Records acknowledged.</returns>
    public async Task<int> WorkAsync(TimeSpan duration, List<double>? latencies, CancellationToken cancellationToken)
    {
        var ledger = _services.GetRequiredService<AuditLedger>();
        var actor = new Actor(new PersonId(_services.GetRequiredService<IdFactory>().Next()), ActorKind.User, ["reader"], "token");
        var why = new ProcessingContext("P-007", "art6-1-f", "std-12m", RecordingLevelCode.Content, false);
        var request = new RequestRecord(actor, why, "ask", _text, new string('a', 64), [], "auto", null, null, TicketUse.Retrieval | TicketUse.Generation);
        var response = new ResponseRecord(_text, null, FinishReason.Stop, "quotes", 345, 12, new LatencyMicros(1, 2, 3, 6), new Dictionary<string, int>(StringComparer.Ordinal));
        var records = 0;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < duration)
        {
            var started = Stopwatch.GetTimestamp();
            await using var open = await ledger.OpenRequestAsync(request, cancellationToken);
            latencies?.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            started = Stopwatch.GetTimestamp();
            await ledger.RespondAsync(open, response, cancellationToken);
            latencies?.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            records += 2;
        }

        return records;
    }

    public async Task<VerificationReport> VerifyAsync(CancellationToken cancellationToken)
    {
        var report = await _services.GetRequiredService<LedgerVerifier>().VerifyAsync(deep: false, null, cancellationToken);
        return report.Code == VerificationCode.Ok ? report : throw new InvalidOperationException($"The benchmark's ledger does not verify: {report.Faults[0]}");
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _databases.DisposeAsync();
        await _cluster.DisposeAsync();
    }
}

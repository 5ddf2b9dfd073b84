using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Reading;
using EnterpriseRag.Audit.Recovery;
using EnterpriseRag.Audit.Requests;
using EnterpriseRag.Audit.Verification;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Postgres;
using EnterpriseRag.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace EnterpriseRag.Audit.Tests.Ledger;

/// <summary>One node of an installation: the module as the host composes it, on real Postgres. Background services run only when asked for.</summary>
internal sealed class LedgerNode : IAsyncDisposable
{
    public static readonly ProcessingContext Why = new("P-007", "art6-1-f", "std-12m", RecordingLevelCode.Content, false);
    private readonly ServiceProvider _services;
    private readonly TestDatabases _databases;

    private LedgerNode(TestDatabases databases, ServiceProvider services)
    {
        _databases = databases;
        _services = services;
    }

    public AuditLedger Ledger => Get<AuditLedger>();

    public AuditHealth Health => Get<AuditHealth>();

    public LedgerReader Reader => Get<LedgerReader>();

    public LedgerVerifier Verifier => Get<LedgerVerifier>();

    public RecoveryService Recovery => Get<RecoveryService>();

    public LeaseKeeper Leases => Get<LeaseKeeper>();

    public TicketAuthority Tickets => Get<TicketAuthority>();

    public Databases Databases => Get<Databases>();

    public string AdminConnection => _databases.AdminConnection(DatabaseKind.Audit);

    public static Actor Reader1 { get; } = new(new PersonId(new Guid("01900000-0000-7000-8000-000000000001")), ActorKind.User, ["reader"], "token");

    /// <summary>A fresh installation in the common cluster.</summary>
    public static async Task<TestDatabases> InstallAsync() => await (await PostgresCluster.SharedAsync()).CreateDatabasesAsync(AuditModule.Migrations);

    /// <summary>A node that has passed its start.</summary>
    public static async Task<LedgerNode> StartAsync(TestDatabases databases, TimeProvider? time = null, Action<IDictionary<string, string?>>? configure = null)
    {
        var node = Create(databases, time, configure);
        await node.StartAsync();
        return node;
    }

    public static LedgerNode Create(TestDatabases databases, TimeProvider? time = null, Action<IDictionary<string, string?>>? configure = null)
    {
        var settings = databases.Configuration;
        configure?.Invoke(settings);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var services = new ServiceCollection();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddStorage(configuration);
        services.AddAudit(configuration);
        return new LedgerNode(databases, services.BuildServiceProvider());
    }

    public Task StartAsync() => _services.GetServices<IHostedService>().OfType<LedgerStartup>().Single().StartAsync(CancellationToken.None);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public static RequestRecord Request(string prompt = "Wie lange ist die Kündigungsfrist?", RecordingLevelCode level = RecordingLevelCode.Content, Actor? actor = null) =>
        new(actor ?? Reader1, Why with { Level = level }, "ask", prompt, new string('a', 64), [new MatterId(new Guid("01900000-0000-7000-8000-0000000000aa"))], "auto", null, null, TicketUse.Retrieval | TicketUse.Generation);

    public static ResponseRecord Response(string shown = "Drei Monate.", string? withheld = null) =>
        new(shown, withheld, FinishReason.Stop, "quotes", 345, 12, new LatencyMicros(1, 2, 3, 6), new Dictionary<string, int>(StringComparer.Ordinal) { ["sentence_unverified"] = 1 });

    public static ContextRecord Context() =>
        new("index@1", new string('b', 64), 10, 2, [new ContextChunk(new DocumentVersionId(new Guid("01900000-0000-7000-8000-0000000000dd")), 3, 1, -123_456, true, false)]);

    /// <summary>As superuser: for looking behind the scenes and for tampering.</summary>
    public async Task<T?> AdminScalarAsync<T>(string sql, DatabaseKind database = DatabaseKind.Audit)
    {
        await using var connection = new NpgsqlConnection(_databases.AdminConnection(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    /// <summary>As superuser with triggers off: what a database administrator can do.</summary>
    public async Task TamperAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_databases.AdminConnection(DatabaseKind.Audit));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"""
            DO $$ DECLARE t text; BEGIN
              FOR t IN SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'audit' AND c.relkind IN ('r', 'p') LOOP
                EXECUTE format('ALTER TABLE audit.%I DISABLE TRIGGER USER', t);
              END LOOP;
            END $$;
            {sql}
            """,
            connection);
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

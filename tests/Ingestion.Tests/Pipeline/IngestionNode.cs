using System.Diagnostics;
using System.Text;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference;
using EnterpriseRag.Retrieval;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Search;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Postgres;
using EnterpriseRag.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace EnterpriseRag.Ingestion.Tests.Pipeline;

/// <summary>All modules below the portal as the host composes them: real Postgres, ledger, index, models and programs.</summary>
internal sealed class IngestionNode : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly TestDatabases _databases;
    private readonly List<IHostedService> _running = [];

    private IngestionNode(TestDatabases databases, ServiceProvider services)
    {
        _databases = databases;
        _services = services;
    }

    public DocumentIntake Intake => Get<DocumentIntake>();

    public FaultyIndex Index => (FaultyIndex)Get<IPassageIndex>();

    public IDbContextFactory<RagDbContext> Contexts => Get<IDbContextFactory<RagDbContext>>();

    public string DataDirectory => _databases.DataDirectory;

    public static async Task<TestDatabases> InstallAsync() => await (await PostgresCluster.SharedAsync()).CreateDatabasesAsync(AuditModule.Migrations);

    public static async Task<IngestionNode> StartAsync(TestDatabases databases)
    {
        var settings = new Dictionary<string, string?>(databases.Configuration, StringComparer.OrdinalIgnoreCase)
        {
            ["Models:Directory"] = Path.Combine(RepositoryFiles.Root, "deploy", "models"),
            ["Jobs:FirstRetrySeconds"] = "1",
            ["Jobs:LongestRetrySeconds"] = "1",
            ["Ingestion:Workers:PollSeconds"] = "1",
        };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var services = new ServiceCollection();
        services.AddLogging(l => l.SetMinimumLevel(LogLevel.None));
        services.AddStorage(configuration);
        services.AddAudit(configuration);
        services.AddInference(configuration);
        services.AddRetrieval(configuration);
        services.AddIngestion(configuration);
        var index = services.Last(s => s.ServiceType == typeof(IPassageIndex)).ImplementationFactory ?? throw new InvalidOperationException("The index is registered by a factory.");
        services.AddSingleton<IPassageIndex>(p => new FaultyIndex((IPassageIndex)index(p)));
        var node = new IngestionNode(databases, services.BuildServiceProvider());
        foreach (var service in node._services.GetServices<IHostedService>())
        {
            if (service is IHostedLifecycleService lifecycle)
            {
                await lifecycle.StartingAsync(CancellationToken.None);
            }

            await service.StartAsync(CancellationToken.None);
            node._running.Add(service);
        }

        return node;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>A matter of its own with one contributor.</summary>
    public async Task<(MatterId Matter, Actor Contributor)> MatterAsync()
    {
        var matters = Get<Matters>();
        var matter = (await matters.CreateAsync(new NewMatter("Matter " + Get<IdFactory>().Next(), "P-001", "art6-1-f", "std-12m"), CancellationToken.None)).Value.Id;
        var person = new PersonId(Get<IdFactory>().Next());
        await matters.SetMemberAsync(matter, person, MatterRole.Contributor, CancellationToken.None);
        return (matter, Person(person));
    }

    public static Actor Person(PersonId person, params string[] roles) => new(person, ActorKind.User, [PlatformRoles.Reader, .. roles], "token");

    public Task<Result<ReceivedDocument>> ReceiveAsync(Actor actor, MatterId matter, string name, string text) => ReceiveAsync(actor, matter, name, Encoding.UTF8.GetBytes(text));

    public async Task<Result<ReceivedDocument>> ReceiveAsync(Actor actor, MatterId matter, string name, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        return await Intake.ReceiveAsync(actor, matter, name, content, CancellationToken.None);
    }

    /// <summary>Waits until the version has left the stages before <paramref name="states"/>.</summary>
    public async Task<DocumentVersion> WaitAsync(DocumentVersionId version, params VersionState[] states)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            await using var context = await Contexts.CreateDbContextAsync();
            var row = await context.DocumentVersions.AsNoTracking().SingleAsync(v => v.Id == version);
            if (states.Contains(row.State))
            {
                return row;
            }

            if (watch.Elapsed > TimeSpan.FromSeconds(60))
            {
                throw new TimeoutException($"The version is still {row.State} {row.FailureReason}.");
            }

            await Task.Delay(50);
        }
    }

    public async Task<SearchResult> SearchAsync(Actor actor, string text)
    {
        var scope = await Get<ScopeResolver>().ResolveAsync(actor.Person, CancellationToken.None);
        return await Get<PassageSearch>().SearchAsync(TestTickets.Issue(TicketUse.Retrieval), scope, new SearchQuery(text), CancellationToken.None);
    }

    /// <summary>As superuser, for faults.</summary>
    public async Task AdminAsync(string sql, DatabaseKind database)
    {
        await using var connection = new NpgsqlConnection(_databases.AdminConnection(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Every place where the text stands in clear: files of the data folder and rows of all tables of rag.</summary>
    public async Task<List<string>> FindAsync(string marker)
    {
        var found = new List<string>();
        foreach (var file in Directory.EnumerateFiles(DataDirectory, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            if (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(marker)) >= 0 || bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(marker)) >= 0)
            {
                found.Add(file);
            }
        }

        await using var connection = new NpgsqlConnection(_databases.AdminConnection(DatabaseKind.Rag));
        await connection.OpenAsync();
        var tables = new List<string>();
        await using (var list = new NpgsqlCommand("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')", connection))
        await using (var reader = await list.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        foreach (var table in tables)
        {
            await using var scan = new NpgsqlCommand($"SELECT count(*) FROM {table} t WHERE t::text LIKE '%' || $1 || '%'", connection);
            scan.Parameters.Add(new() { Value = marker });
            if (await scan.ExecuteScalarAsync() is > 0L)
            {
                found.Add(table);
            }
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in Enumerable.Reverse(_running))
        {
            await service.StopAsync(CancellationToken.None);
        }

        await _services.DisposeAsync();
    }
}

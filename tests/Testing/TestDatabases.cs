using EnterpriseRag.Foundation;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Testing;

/// <summary>
/// One installation in a test cluster: three databases and roles with a prefix of their own, and a data folder. Disposing it closes the pools and
/// deletes the folder; the databases go with the cluster.
/// </summary>
public sealed class TestDatabases : IAsyncDisposable
{
    private readonly PostgresCluster _cluster;
    private readonly ServiceProvider _services;

    internal TestDatabases(PostgresCluster cluster, string prefix)
    {
        _cluster = cluster;
        DataDirectory = Directory.CreateTempSubdirectory("rag-data-").FullName;
        Configuration = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Data:Directory"] = DataDirectory,
            ["Database:AdminConnection"] = cluster.AdminConnection,
            ["Database:Host"] = "127.0.0.1",
            ["Database:Port"] = $"{cluster.Port}",
            ["Database:Rag"] = prefix + "rag",
            ["Database:RagAudit"] = prefix + "rag_audit",
            ["Database:RagKeys"] = prefix + "rag_keys",
            ["Database:RolePrefix"] = prefix,
            // Two seconds is the product's limit; a machine that builds and tests at once is slower without being broken. Outage tests set their own.
            ["Audit:AppendTimeoutMs"] = "10000",
        };
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddStorage(new ConfigurationBuilder().AddInMemoryCollection(Configuration).Build());
        _services = services.BuildServiceProvider();
    }

    /// <summary>Everything that Storage registers, composed as in the host: keys, blobs, jobs, matters.</summary>
    public IServiceProvider Services => _services;

    /// <summary>The pools per role, as the host has them.</summary>
    public Databases Databases => _services.GetRequiredService<Databases>();

    public IDbContextFactory<RagDbContext> Contexts => _services.GetRequiredService<IDbContextFactory<RagDbContext>>();

    public DatabaseOptions Options => _services.GetRequiredService<IOptions<DatabaseOptions>>().Value;

    /// <summary>Value of <c>Data:Directory</c>.</summary>
    public string DataDirectory { get; }

    public IOptions<DataOptions> DataOptions => _services.GetRequiredService<IOptions<DataOptions>>();

    /// <summary>The configuration keys that make a host use this installation (<c>Data:Directory</c>, <c>Database:*</c>).</summary>
    public Dictionary<string, string?> Configuration { get; }

    /// <summary>Superuser connection string to one of the databases: for looking behind the scenes and for tampering.</summary>
    public string AdminConnection(DatabaseKind database) =>
        new NpgsqlConnectionStringBuilder(_cluster.AdminConnection) { Database = Options.Name(database) }.ConnectionString;

    /// <summary>Runs the setup as the host would at its start, with Storage's migrations and the given ones.</summary>
    public Task SetUpAsync(params IEnumerable<MigrationSource> migrations) => SetUpAsync(Options, migrations);

    /// <summary>The same with other options, for example without an administrator's connection.</summary>
    public Task SetUpAsync(DatabaseOptions options, params IEnumerable<MigrationSource> migrations) =>
        new DatabaseSetup(
            Databases,
            Microsoft.Extensions.Options.Options.Create(options),
            DataOptions,
            StorageModule.Migrations.Concat(migrations).Distinct(),
            NullLogger<DatabaseSetup>.Instance).RunAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(DataDirectory, recursive: true);
    }
}

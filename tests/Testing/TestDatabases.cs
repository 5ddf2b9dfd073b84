using EnterpriseRag.Foundation;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Postgres;
using Microsoft.EntityFrameworkCore;
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

    internal TestDatabases(PostgresCluster cluster, string prefix)
    {
        _cluster = cluster;
        DataDirectory = Directory.CreateTempSubdirectory("rag-data-").FullName;
        Options = new DatabaseOptions
        {
            AdminConnection = cluster.AdminConnection,
            Host = "127.0.0.1",
            Port = cluster.Port,
            Rag = prefix + "rag",
            RagAudit = prefix + "rag_audit",
            RagKeys = prefix + "rag_keys",
            RolePrefix = prefix,
        };
        Databases = new Databases(DatabaseOptions, DataOptions);
        Contexts = new RagDbContextFactory(Databases);
    }

    /// <summary>The pools per role, as the host has them.</summary>
    public Databases Databases { get; }

    public IDbContextFactory<RagDbContext> Contexts { get; }

    public DatabaseOptions Options { get; }

    /// <summary>Value of <c>Data:Directory</c>.</summary>
    public string DataDirectory { get; }

    public IOptions<DatabaseOptions> DatabaseOptions => Microsoft.Extensions.Options.Options.Create(Options);

    public IOptions<DataOptions> DataOptions => Microsoft.Extensions.Options.Options.Create(new DataOptions { Directory = DataDirectory });

    /// <summary>The configuration keys that make a host use this installation (<c>Data:Directory</c>, <c>Database:*</c>).</summary>
    public Dictionary<string, string?> Configuration => new(StringComparer.OrdinalIgnoreCase)
    {
        ["Data:Directory"] = DataDirectory,
        ["Database:AdminConnection"] = Options.AdminConnection,
        ["Database:Host"] = Options.Host,
        ["Database:Port"] = $"{Options.Port}",
        ["Database:Rag"] = Options.Rag,
        ["Database:RagAudit"] = Options.RagAudit,
        ["Database:RagKeys"] = Options.RagKeys,
        ["Database:RolePrefix"] = Options.RolePrefix,
    };

    /// <summary>Superuser connection string to one of the databases: for looking behind the scenes and for tampering.</summary>
    public string AdminConnection(DatabaseKind database) =>
        new NpgsqlConnectionStringBuilder(_cluster.AdminConnection) { Database = Options.Name(database) }.ConnectionString;

    /// <summary>Runs the setup as the host would at its start, with Storage's migrations and the given ones.</summary>
    public Task SetUpAsync(IEnumerable<MigrationSource> migrations) =>
        new DatabaseSetup(Databases, DatabaseOptions, DataOptions, StorageModule.Migrations.Concat(migrations).Distinct(), NullLogger<DatabaseSetup>.Instance).RunAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Databases.DisposeAsync();
        Directory.Delete(DataDirectory, recursive: true);
    }
}

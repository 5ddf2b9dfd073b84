using EnterpriseRag.Portal.Tests.Hosting;
using EnterpriseRag.Storage.Postgres;
using EnterpriseRag.Testing;
using Npgsql;

namespace EnterpriseRag.Integration.Tests.OpenAi;

/// <summary>A host with the language model in the box, as clients of the OpenAI form see it.</summary>
public sealed class OpenAiFixture : IAsyncLifetime
{
    public const string Model = "smollm2-135m-instruct";
    public const string EmbeddingModel = "multilingual-e5-small";

    private PortalHost? _host;

    public PortalHost Host => _host ?? throw new InvalidOperationException("The fixture is not initialised.");

    public Uri BaseUrl => new(Host.Url, "v1");

    public async ValueTask InitializeAsync()
    {
        var installation = (await PostgresCluster.SharedAsync()).NewInstallation();
        installation.Configuration["Models:Generation"] = await ImportedModel.FolderAsync();
        _host = await PortalHost.StartAsync(installation);
    }

    public ValueTask DisposeAsync() => _host?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Cores of the ledger that fit, oldest first.</summary>
    /// <param name="condition">SQL over <c>c</c>, the core as JSON.</param>
    public async Task<IReadOnlyList<string>> CoresAsync(string condition)
    {
        await using var source = NpgsqlDataSource.Create(Host.Databases.AdminConnection(DatabaseKind.Audit));
        await using var command = source.CreateCommand($"SELECT c::text FROM (SELECT seq, convert_from(core, 'UTF8')::json AS c FROM audit.leaf) AS l WHERE {condition} ORDER BY seq");
        var cores = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            cores.Add(reader.GetString(0));
        }

        return cores;
    }
}

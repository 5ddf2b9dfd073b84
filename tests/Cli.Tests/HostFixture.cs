using EnterpriseRag.Portal.Tests.Hosting;
using EnterpriseRag.Testing;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
[assembly: AssemblyFixture(typeof(EnterpriseRag.Cli.Tests.HostFixture))]

namespace EnterpriseRag.Cli.Tests;

/// <summary>One real host for all tests that talk to one.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    private PortalHost? _host;

    internal PortalHost Host => _host ?? throw new InvalidOperationException("The host was not started.");

    /// <summary>The host's installation, as an operator on the same machine has it.</summary>
    internal Dictionary<string, string?> Settings => new(Host.Databases.Configuration, StringComparer.Ordinal)
    {
        ["Models:Directory"] = Path.Combine(RepositoryFiles.Root, "deploy", "models"),
        ["RAG_TOKEN_FILE"] = TokenFile,
    };

    internal string TokenFile => Path.Combine(Host.DataDirectory, "lena.token");

    public async ValueTask InitializeAsync() => _host = await PortalHost.StartAsync(await PostgresCluster.SharedAsync());

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }
}

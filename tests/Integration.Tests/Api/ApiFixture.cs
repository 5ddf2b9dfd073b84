using EnterpriseRag.Portal.Tests.Hosting;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Integration.Tests.Api;

/// <summary>One real host for the tests of the API that do not stop its database.</summary>
public sealed class ApiFixture : IAsyncLifetime
{
    private PortalHost? _host;

    public PortalHost Host => _host ?? throw new InvalidOperationException("The fixture is not initialised.");

    public async ValueTask InitializeAsync()
    {
        _host = await PortalHost.StartAsync(await PostgresCluster.SharedAsync());
        await _host.IngestAsync("lena", PortalHost.Matter, PortalHost.Sample("framework-services-agreement.pdf"), PortalHost.Sample("travel-policy.html"));
        await _host.IngestAsync("tom", PortalHost.WalledMatter, PortalHost.Sample("retention-schedule.md"));
    }

    public ValueTask DisposeAsync() => _host?.DisposeAsync() ?? ValueTask.CompletedTask;
}

using EnterpriseRag.Storage.Keys;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Hosting;

namespace EnterpriseRag.Storage;

/// <summary>Sets up the databases and checks the keys in the Starting phase: before the StartAsync of any module that uses them.</summary>
internal sealed class StorageStartup(DatabaseSetup setup, KeyBroker keys) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await setup.RunAsync(cancellationToken);
        await keys.CheckAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

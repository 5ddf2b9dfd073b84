using Microsoft.Extensions.Hosting;

namespace EnterpriseRag.Storage.Postgres;

/// <summary>Runs the setup in the Starting phase: before the StartAsync of any module that uses the databases.</summary>
internal sealed class DatabaseStartup(DatabaseSetup setup) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => setup.RunAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

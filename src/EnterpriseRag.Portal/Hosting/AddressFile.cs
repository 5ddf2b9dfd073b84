using EnterpriseRag.Foundation;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Portal.Hosting;

/// <summary>Writes the address that the host really listens on to <c>&lt;Data&gt;/portal.url</c>, for scripts and for a port chosen by the system; removed at the end.</summary>
internal sealed class AddressFile(IServer server, IOptions<DataOptions> data, ILogger<AddressFile> logger) : IHostedLifecycleService
{
    private string Path => data.Value.Sub("portal.url");

    /// <summary>After the server's own start: only then are its ports known.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } address)
        {
            DurableFile.Write(Path, System.Text.Encoding.UTF8.GetBytes(address + "\n"));
            Log.Listening(logger, address);
        }

        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        File.Delete(Path);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

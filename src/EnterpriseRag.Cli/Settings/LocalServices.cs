using EnterpriseRag.Audit;
using EnterpriseRag.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Cli.Settings;

/// <summary>Databases and ledger of the installation for commands that work beside the host. Nothing is started: no migrations, no recovery.</summary>
internal static class LocalServices
{
    /// <summary>The caller disposes it.</summary>
    public static ServiceProvider Create(InstallationSettings settings)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddStorage(settings.Configuration);
        services.AddAudit(settings.Configuration);
        return services.BuildServiceProvider();
    }
}

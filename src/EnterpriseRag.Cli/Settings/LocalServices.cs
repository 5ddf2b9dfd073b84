using EnterpriseRag.Answering;
using EnterpriseRag.Audit;
using EnterpriseRag.Inference;
using EnterpriseRag.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Cli.Settings;

/// <summary>Parts of the installation for commands that work beside the host. Nothing is started: no migrations, no recovery.</summary>
internal static class LocalServices
{
    /// <summary>Databases and ledger. The caller disposes it.</summary>
    public static ServiceProvider Create(InstallationSettings settings)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddStorage(settings.Configuration);
        services.AddAudit(settings.Configuration);
        return services.BuildServiceProvider();
    }

    /// <summary>Models; no database. Models load when they are asked for. The caller disposes it.</summary>
    public static ServiceProvider CreateInference(InstallationSettings settings)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddInference(settings.Configuration);
        return services.BuildServiceProvider();
    }

    /// <summary>Databases, ledger, models, and what judges a model's sentences. The caller disposes it.</summary>
    public static ServiceProvider CreateEvaluation(InstallationSettings settings)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddStorage(settings.Configuration);
        services.AddAudit(settings.Configuration);
        services.AddInference(settings.Configuration);
        services.AddModelEvaluation(settings.Configuration);
        return services.BuildServiceProvider();
    }
}

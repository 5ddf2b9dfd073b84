using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Blobs;
using EnterpriseRag.Storage.Jobs;
using EnterpriseRag.Storage.Keys;
using EnterpriseRag.Storage.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Storage;

public static class StorageModule
{
    /// <summary>The migrations of this module; other modules offer theirs the same way, so that tests can name them.</summary>
    public static IReadOnlyList<MigrationSource> Migrations { get; } =
    [
        new(DatabaseKind.Rag, "storage", typeof(StorageModule).Assembly, "Migrations/rag/"),
        new(DatabaseKind.Keys, "storage", typeof(StorageModule).Assembly, "Migrations/rag_keys/"),
    ];

    /// <summary>Databases (set up when the host starts), the rag context, jobs, keys, blobs and matters. Call it before every other module.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DataOptions>().Bind(configuration.GetSection(DataOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<DatabaseOptions>().Bind(configuration.GetSection(DatabaseOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IdFactory>();

        foreach (var source in Migrations)
        {
            services.AddSingleton(source);
        }

        services.AddSingleton<Databases>();
        services.AddSingleton<DatabaseSetup>();
        services.AddHostedService<StorageStartup>();

        services.AddSingleton<IDbContextFactory<RagDbContext>, RagDbContextFactory>();
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<RagDbContext>>().CreateDbContext());
        services.AddSingleton<Matters>();

        services.AddOptions<JobOptions>().Bind(configuration.GetSection(JobOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<JobOptions>, JobOptionsValidator>();
        services.AddSingleton<JobQueue>();

        services.AddSingleton<KeyRing>();
        services.AddSingleton(provider => new KeyBroker(
            provider.GetRequiredService<Databases>(), provider.GetRequiredService<KeyRing>(), provider.GetRequiredService<IdFactory>(), provider.GetRequiredService<TimeProvider>()));

        services.AddSingleton<BlobStore>();
        services.AddSingleton<DocumentTextStore>();
        services.AddSingleton<BlobSweep>();
        return services;
    }
}

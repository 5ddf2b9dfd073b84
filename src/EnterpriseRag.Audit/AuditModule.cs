using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Reading;
using EnterpriseRag.Audit.Recovery;
using EnterpriseRag.Audit.Requests;
using EnterpriseRag.Audit.Sealing;
using EnterpriseRag.Audit.Subjects;
using EnterpriseRag.Audit.Verification;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Audit;

public static class AuditModule
{
    /// <summary>The ledger's tables and the identity vault's.</summary>
    public static IReadOnlyList<MigrationSource> Migrations { get; } =
    [
        new(DatabaseKind.Audit, "audit", typeof(AuditModule).Assembly, "Migrations/rag_audit/"),
        new(DatabaseKind.Keys, "audit", typeof(AuditModule).Assembly, "Migrations/rag_keys/"),
    ];

    /// <summary>The ledger with writer and recovery, which start with the host; reader and verifier, which need no host. Call it after AddStorage and before the modules that record.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AuditOptions>().Bind(configuration.GetSection(AuditOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AuditOptions>, AuditOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IdFactory>();
        foreach (var source in Migrations)
        {
            services.AddSingleton(source);
        }

        services.AddSingleton(_ => new EffectiveConfiguration(configuration));
        services.AddSingleton<AuditHealth>();
        services.AddSingleton<NodeIdentity>();
        services.AddSingleton<ShardDirectory>();
        services.AddSingleton<IdentityVault>();
        services.AddSingleton<ContentSealer>();
        services.AddSingleton<CoreFactory>();
        services.AddSingleton<TicketAuthority>();
        services.AddSingleton<BatchCommit>();
        services.AddSingleton<GroupCommitWriter>();
        services.AddSingleton<SpoolWriter>();
        services.AddSingleton<LeaseKeeper>();
        services.AddSingleton<RecoveryService>();
        services.AddSingleton<StartCheck>();
        services.AddSingleton(provider => new AuditLedger(
            provider.GetRequiredService<GroupCommitWriter>(),
            provider.GetRequiredService<SpoolWriter>(),
            provider.GetRequiredService<ShardDirectory>(),
            provider.GetRequiredService<IdentityVault>(),
            provider.GetRequiredService<ContentSealer>(),
            provider.GetRequiredService<CoreFactory>(),
            provider.GetRequiredService<TicketAuthority>(),
            provider.GetRequiredService<LeaseKeeper>(),
            provider.GetRequiredService<NodeIdentity>(),
            provider.GetRequiredService<IdFactory>(),
            provider.GetRequiredService<IOptions<AuditOptions>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<AuditLedger>>()));
        services.AddSingleton(provider => new LedgerTool(
            provider.GetRequiredService<StartCheck>(), provider.GetRequiredService<ShardDirectory>(), provider.GetRequiredService<GroupCommitWriter>(),
            provider.GetRequiredService<TicketAuthority>(), provider.GetRequiredService<SpoolWriter>(), provider.GetRequiredService<LeaseKeeper>()));
        services.AddSingleton<LedgerReader>();
        services.AddSingleton<LedgerVerifier>();

        services.AddHostedService<LedgerStartup>();
        services.AddHostedService(provider => provider.GetRequiredService<LeaseKeeper>());
        services.AddHostedService(provider => provider.GetRequiredService<RecoveryService>());
        return services;
    }
}

using EnterpriseRag.Audit;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace EnterpriseRag.Portal.Hosting;

/// <summary>One round trip to the database <c>rag</c>.</summary>
internal sealed class DatabaseHealth(Databases databases, ILogger<DatabaseHealth> logger) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var command = databases.Rag.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (NpgsqlException e)
        {
            Log.PartUnready(logger, "database", e);
            return HealthCheckResult.Unhealthy();
        }
    }
}

/// <summary>Whether the ledger writes; without it nothing is answered.</summary>
internal sealed class LedgerHealth(AuditHealth ledger) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(ledger.IsOpen ? HealthCheckResult.Healthy("open") : HealthCheckResult.Unhealthy("closed"));
}

/// <summary>Whether the index is open.</summary>
internal sealed class IndexHealth(IPassageIndex index) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(index.Versions.Count >= 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}

/// <summary>The embedding model must be there (it is resolved to ask); without a language model answers are quotations only: degraded, but working.</summary>
internal sealed class ModelHealth(IServiceProvider services) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        _ = services.GetRequiredService<EmbeddingModelInfo>();
        return Task.FromResult(services.GetRequiredService<AuditedGenerator>().Model is null ? HealthCheckResult.Degraded("quotations only") : HealthCheckResult.Healthy());
    }
}

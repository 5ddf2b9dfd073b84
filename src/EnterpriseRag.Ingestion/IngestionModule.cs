using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion.Chunk;
using EnterpriseRag.Ingestion.Embed;
using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Ingestion.Extract.Mail;
using EnterpriseRag.Ingestion.Extract.Pdf;
using EnterpriseRag.Ingestion.Extract.Sandbox;
using EnterpriseRag.Ingestion.Jobs;
using EnterpriseRag.Ingestion.Publish;
using EnterpriseRag.Ingestion.Receive;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Storage;
using EnterpriseRag.Storage.Blobs;
using EnterpriseRag.Storage.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Ingestion;

public static class IngestionModule
{
    /// <summary>Intake, progress, page renderer, sandbox probe, and the worker that starts with the host. Needs Storage, Audit, Inference and Retrieval, added before it.</summary>
    public static IServiceCollection AddIngestion(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ExtractionOptions>().Bind(configuration.GetSection(ExtractionOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<ChunkOptions>().Bind(configuration.GetSection(ChunkOptions.Section)).ValidateDataAnnotations()
            .Validate(o => o.TargetCharacters <= o.MaxCharacters, $"{ChunkOptions.Section}:TargetCharacters must not exceed {ChunkOptions.Section}:MaxCharacters.").ValidateOnStart();
        services.AddOptions<WorkerOptions>().Bind(configuration.GetSection(WorkerOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IdFactory>();

        services.AddSingleton<SandboxProbe>();
        services.AddSingleton(p => new ExtractionDirectory(p.GetRequiredService<IOptions<DataOptions>>().Value.Sub("tmp")));
        services.AddSingleton<ExtractorChild>();
        services.AddSingleton<PdfExtractor>();
        services.AddSingleton<MailExtractor>();
        services.AddSingleton<DocumentExtractor>();
        services.AddSingleton(p => new PdfPageRenderer(p.GetRequiredService<ExtractorChild>(), p.GetRequiredService<ExtractionDirectory>()));

        services.AddSingleton<PassageTagger>();
        services.AddSingleton<PassageEmbedder>();
        services.AddSingleton<LiveProgress>();
        services.AddSingleton<WorkSignal>();
        services.AddSingleton<VersionPublisher>();
        services.AddSingleton<VersionPipeline>();
        services.AddSingleton<DocumentRemoval>();
        services.AddSingleton<IRepublishVersions, RepublishVersions>();
        services.AddSingleton(p => new IngestionProgress(p.GetRequiredService<IDbContextFactory<RagDbContext>>(), p.GetRequiredService<LiveProgress>()));
        services.AddSingleton(p => new DocumentIntake(
            p.GetRequiredService<IDbContextFactory<RagDbContext>>(),
            p.GetRequiredService<AuditLedger>(),
            p.GetRequiredService<BlobStore>(),
            p.GetRequiredService<JobQueue>(),
            p.GetRequiredService<DocumentRemoval>(),
            p.GetRequiredService<WorkSignal>(),
            p.GetRequiredService<ExtractionDirectory>(),
            p.GetRequiredService<IOptions<ExtractionOptions>>(),
            p.GetRequiredService<IdFactory>(),
            p.GetRequiredService<TimeProvider>()));
        services.AddHostedService<IngestionWorker>();
        services.AddHostedService<OrphanSweep>();
        return services;
    }
}

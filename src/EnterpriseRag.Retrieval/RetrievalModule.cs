using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Retrieval.Index;
using EnterpriseRag.Retrieval.Index.Embedded;
using EnterpriseRag.Retrieval.Search;
using EnterpriseRag.Retrieval.Search.Fusion;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Retrieval;

public static class RetrievalModule
{
    /// <summary>Search, scopes and the embedded index. Needs Storage and Inference. The index opens (and locks its folder) when it is first asked for.</summary>
    public static IServiceCollection AddRetrieval(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RetrievalOptions>().Bind(configuration.GetSection(RetrievalOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RetrievalOptions>, RetrievalOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ScopeResolver>();
        services.AddSingleton(OpenIndex);
        services.AddSingleton<IPassageIndex>(provider => provider.GetRequiredService<EmbeddedPassageIndex>());
        services.AddSingleton<StoredPassages>();
        services.AddSingleton<Reconciler>(provider => new Reconciler(
            provider.GetRequiredService<EmbeddedPassageIndex>(),
            provider.GetRequiredService<Databases>(),
            provider.GetRequiredService<ILogger<Reconciler>>(),
            provider.GetService<IRepublishVersions>()));
        services.AddHostedService(provider => provider.GetRequiredService<Reconciler>());
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<RetrievalOptions>>().Value;
            return ScanSettings.Default with { Candidates = options.Candidates, MaxWorkers = Math.Min(options.ScanThreads, Environment.ProcessorCount) };
        });
        services.AddSingleton(provider => new PassageSearch(
            provider.GetRequiredService<EmbeddedPassageIndex>(),
            provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(EmbeddingRoles.Query),
            provider.GetRequiredService<EmbeddingModelInfo>(),
            provider.GetRequiredService<LanguageIdentifier>(),
            provider.GetRequiredService<StoredPassages>(),
            provider.GetRequiredService<Reconciler>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ScanSettings>()));
        return services;
    }

    private static EmbeddedPassageIndex OpenIndex(IServiceProvider provider)
    {
        var model = provider.GetRequiredService<EmbeddingModelInfo>();
        var merging = new MergePolicy(MaxBytes: provider.GetRequiredService<IOptions<RetrievalOptions>>().Value.MaxSegmentBytes);
        return EmbeddedPassageIndex.Open(
            provider.GetRequiredService<IOptions<DataOptions>>().Value.Sub("index"),
            model.Dimensions,
            model.Sha256,
            merging,
            new DurableFiles(),
            provider.GetRequiredService<ILogger<EmbeddedPassageIndex>>());
    }
}

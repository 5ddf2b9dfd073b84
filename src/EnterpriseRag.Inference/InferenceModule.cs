using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Inference.Sessions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference;

public static class InferenceModule
{
    /// <summary>
    /// Registers the two embedding generators (keys of <see cref="EmbeddingRoles"/>), <see cref="EmbeddingModelInfo"/>, <see cref="AuditedGenerator"/>,
    /// <see cref="LanguageIdentifier"/> and <see cref="ModelLocations"/>.
    /// Models load when they are first resolved, half a second each; the options are checked at start.
    /// </summary>
    public static IServiceCollection AddInference(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RuntimeOptions>().Bind(configuration.GetSection(RuntimeOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RuntimeOptions>, RuntimeOptionsValidator>();
        services.AddOptions<DataOptions>().Bind(configuration.GetSection(DataOptions.Section)).ValidateDataAnnotations();
        services.AddOptions<ModelOptions>().Bind(configuration.GetSection(ModelOptions.Section));
        services.AddOptions<GenerationOptions>().Bind(configuration.GetSection(GenerationOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<GenerationOptions>, GenerationOptionsValidator>();
        services.AddSingleton<ModelLocations>();
        services.AddSingleton<InferenceRuntime>();

        services.AddSingleton(p => LanguageIdentifier.Load(p.GetRequiredService<ModelLocations>().LanguageId));
        services.AddSingleton(p => new EmbeddingModel(EmbeddingFolder.Open(p.GetRequiredService<ModelLocations>().Embedding), p.GetRequiredService<InferenceRuntime>()));
        services.AddSingleton(p => p.GetRequiredService<EmbeddingModel>().Info);
        AddEmbeddings(services, EmbeddingRoles.Query, folder => folder.QueryPrefix);
        AddEmbeddings(services, EmbeddingRoles.Passage, folder => folder.PassagePrefix);

        services.AddSingleton(p => new InstalledModel(
            p.GetRequiredService<ModelLocations>(),
            p.GetRequiredService<InferenceRuntime>, // only when there is a model: an installation without one loads nothing for it
            p.GetRequiredService<IOptions<GenerationOptions>>(),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<InstalledModel>>()));
        services.AddSingleton(p => new AuditedGenerator(
            p.GetRequiredService<InstalledModel>(), p.GetRequiredService<IOptions<GenerationOptions>>(), p.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(TimeProvider.System);
        return services;
    }

    private static void AddEmbeddings(IServiceCollection services, string role, Func<EmbeddingFolder, string> prefix) =>
        services.AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(role, (p, _) =>
        {
            EmbeddingModel model = p.GetRequiredService<EmbeddingModel>();
            return new OnnxEmbeddingGenerator(model, prefix(model.Folder));
        });
}

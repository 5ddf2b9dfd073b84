using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Inference.Remote;
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
    /// Registers the three embedding generators (keys of <see cref="EmbeddingRoles"/>), <see cref="EmbeddingModelInfo"/>, <see cref="AuditedGenerator"/>, <see cref="SharedPrefixes"/>,
    /// <see cref="LanguageIdentifier"/>, <see cref="ModelLocations"/>, <see cref="ModelApprovals"/> and <see cref="ModelReview"/>.
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
        services.AddOptions<RemoteOptions>().Bind(configuration.GetSection(RemoteOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<RemoteOptions>, RemoteOptionsValidator>();
        services.AddSingleton<RemoteTransport>(); // made only when a remote model is configured and asked for
        services.AddSingleton<ModelLocations>();
        services.AddSingleton<InferenceRuntime>();

        services.AddSingleton<ModelApprovals>();
        services.AddSingleton(p => new ModelGate(
            p.GetRequiredService<ModelApprovals>(), p.GetRequiredService<ModelLocations>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ModelGate>>()));
        services.AddSingleton(p => new ModelReview(
            p.GetRequiredService<ModelApprovals>(), p.GetRequiredService<ModelGate>(), p.GetRequiredService<InferenceRuntime>, p.GetRequiredService<IOptions<GenerationOptions>>(),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ModelReview>>()));
        services.AddSingleton(p => LanguageIdentifier.Load(p.GetRequiredService<ModelGate>().Admit(ModelFolder.Open(p.GetRequiredService<ModelLocations>().LanguageId)).Path));
        services.AddSingleton(LoadEmbeddingModel);
        services.AddSingleton(EmbeddingInfo);
        AddEmbeddings(services, EmbeddingRoles.Query, folder => folder.QueryPrefix, remote => remote.QueryPrefix);
        AddEmbeddings(services, EmbeddingRoles.Passage, folder => folder.PassagePrefix, remote => remote.PassagePrefix);
        AddEmbeddings(services, EmbeddingRoles.Plain, _ => "", _ => "");

        services.AddSingleton(p => new InstalledModel(
            p.GetRequiredService<ModelLocations>(),
            p.GetRequiredService<ModelApprovals>(),
            p.GetRequiredService<ModelGate>(),
            p.GetRequiredService<InferenceRuntime>, // only when there is a model: an installation without one loads nothing for it
            p.GetRequiredService<IOptions<GenerationOptions>>(),
            p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<InstalledModel>>()));
        services.AddSingleton(p => new AuditedGenerator(
            FindTextModel(p), p.GetRequiredService<IOptions<GenerationOptions>>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new SharedPrefixes(() => p.GetRequiredService<InstalledModel>().Loaded));
        services.TryAddSingleton(TimeProvider.System);
        return services;
    }

    private static EmbeddingModel LoadEmbeddingModel(IServiceProvider services)
    {
        var folder = EmbeddingFolder.Open(services.GetRequiredService<ModelLocations>().Embedding);
        services.GetRequiredService<ModelGate>().Admit(folder.Folder);
        var model = new EmbeddingModel(folder, services.GetRequiredService<InferenceRuntime>());
        try
        {
            new EmbeddingCheck(services.GetRequiredService<ModelApprovals>(), folder.Folder).Run(model);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static Func<ITextModel?> FindTextModel(IServiceProvider services)
    {
        RemoteOptions remote = services.GetRequiredService<IOptions<RemoteOptions>>().Value;
        if (!remote.HasChat)
        {
            return services.GetRequiredService<InstalledModel>().Find;
        }

        var model = new RemoteTextModel(services.GetRequiredService<RemoteTransport>(), remote);
        return () => model;
    }

    private static EmbeddingModelInfo EmbeddingInfo(IServiceProvider services) => services.GetRequiredService<IOptions<RemoteOptions>>().Value is { HasEmbedding: true, EmbeddingModel: { } model } remote
        ? new EmbeddingModelInfo(RemoteTextModel.Code(model), RemoteTextModel.Identity(remote, model), remote.Dimensions, remote.ContextTokens)
        : services.GetRequiredService<EmbeddingModel>().Info;

    private static void AddEmbeddings(IServiceCollection services, string role, Func<EmbeddingFolder, string> localPrefix, Func<RemoteOptions, string> remotePrefix) =>
        services.AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(role, (p, _) =>
        {
            if (p.GetRequiredService<IOptions<RemoteOptions>>().Value is { HasEmbedding: true } remote)
            {
                return new RemoteEmbeddingGenerator(p.GetRequiredService<RemoteTransport>(), remote, remotePrefix(remote));
            }

            EmbeddingModel model = p.GetRequiredService<EmbeddingModel>();
            return new OnnxEmbeddingGenerator(model, localPrefix(model.Folder));
        });
}

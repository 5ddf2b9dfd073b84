using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Sessions;
using EnterpriseRag.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests;

public sealed class InferenceModuleTests
{
    [Fact]
    public async Task Queries_and_passages_have_their_own_generators_over_one_model()
    {
        await using ServiceProvider services = Build([]);

        var queries = services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(EmbeddingRoles.Query);
        var passages = services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(EmbeddingRoles.Passage);

        float[] asQuery = (await queries.GenerateVectorAsync("notice period")).ToArray();
        float[] asPassage = (await passages.GenerateVectorAsync("notice period")).ToArray();
        asQuery.ShouldNotBe(asPassage);
        services.GetRequiredService<EmbeddingModelInfo>().Dimensions.ShouldBe(384);
    }

    [Fact]
    public void An_unknown_provider_is_refused_with_the_key_and_the_legal_values()
    {
        using ServiceProvider services = Build(new() { ["Inference:Runtime:Provider"] = "gpu" });

        Should.Throw<OptionsValidationException>(() => services.GetRequiredService<IOptions<RuntimeOptions>>().Value)
            .Message.ShouldContain("Inference:Runtime:Provider must be cpu, cuda or auto.");
    }

    [Fact]
    public void Models_are_found_in_the_box_without_any_setting()
    {
        using ServiceProvider services = Build([]);

        services.GetRequiredService<ModelLocations>().Embedding.ShouldBe(RepositoryFiles.Model("multilingual-e5-small"));
        services.GetRequiredService<ModelLocations>().LanguageId.ShouldBe(RepositoryFiles.Model("langid"));
    }

    [Fact]
    public void The_newest_complete_import_is_the_first_candidate_for_the_language_model()
    {
        string data = Directory.CreateTempSubdirectory("models-").FullName;
        try
        {
            using ServiceProvider services = Build(new() { ["Data:Directory"] = data });
            var locations = services.GetRequiredService<ModelLocations>();
            locations.GenerationCandidates.ShouldBeEmpty();

            string old = Import(data, "old", age: 2);
            string recent = Import(data, "recent", age: 1);
            Import(data, ".unfinished", age: 0);
            locations.GenerationCandidates.Select(m => m.Path).ShouldBe([recent, old]);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static string Import(string data, string name, int age)
    {
        string folder = Directory.CreateDirectory(Path.Combine(data, "models", name)).FullName;
        File.WriteAllText(Path.Combine(folder, "genai_config.json"), "{}");
        File.WriteAllText(Path.Combine(folder, "SHA256SUMS"), new string('0', 64) + "  genai_config.json\n");
        Directory.SetLastWriteTimeUtc(folder, new DateTime(2026, 1, 10, 0, 0, 0, DateTimeKind.Utc).AddHours(-age));
        return folder;
    }

    private static ServiceProvider Build(Dictionary<string, string?> settings)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var services = new ServiceCollection();
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton(TimeProvider.System);
        return services.AddInference(configuration).BuildServiceProvider();
    }
}

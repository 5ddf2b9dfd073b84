using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using EnterpriseRag.Cli.Tests;
using EnterpriseRag.Inference.Tests.Models.Import.HuggingFace;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Integration.Tests.OpenAi;

/// <summary>"model:adapter" under /v1: an adapter serves once somebody has approved its bytes, and the ledger names them.</summary>
public sealed class AdapterModelTests(OpenAiFixture fixture) : IClassFixture<OpenAiFixture>, IDisposable
{
    private const string Answer = "The capital of Germany is Berlin.";

    // Of the language model in the box.
    private const int Hidden = 576;
    private const int Intermediate = 1536;

    private readonly DirectoryInfo _published = Directory.CreateTempSubdirectory("rag-adapter-");

    private Dictionary<string, string?> Settings => new(fixture.Host.Databases.Configuration, StringComparer.Ordinal) { ["Models:Directory"] = Path.Combine(RepositoryFiles.Root, "deploy", "models") };

    public void Dispose() => _published.Delete(recursive: true);

    [Fact]
    public async Task An_adapter_answers_after_its_approval_and_the_ledger_has_its_hash()
    {
        using var lena = fixture.Host.Client("lena");
        var folder = await ImportAsync("house-style");
        const string Name = $"{OpenAiFixture.Model}:house-style";

        (await RefusalAsync(lena, Name)).ShouldContain("rag models approve house-style");
        (await fixture.CoresAsync("c->>'adapter_sha256' IS NOT NULL")).ShouldBeEmpty();

        var approved = await RunAsync("models", "approve", "house-style", "--reason", "trained by us", "--by", "clara", "--json");
        var (adapted, adaptedRecord) = await AnswerAsync(lena, Name);
        var (alone, aloneRecord) = await AnswerAsync(lena, OpenAiFixture.Model);

        adapted.ShouldNotBe(Answer, "the adapter changes the last layer by much");
        alone.ShouldBe(Answer);
        adaptedRecord.GetProperty("adapter_sha256").GetString().ShouldBe(approved.Json.GetProperty("sha256").GetString());
        adaptedRecord.GetProperty("adapter_sha256").GetString().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(folder, "SHA256SUMS")))));
        adaptedRecord.GetProperty("model_sha256").GetString().ShouldBe(aloneRecord.GetProperty("model_sha256").GetString());
        aloneRecord.TryGetProperty("adapter_sha256", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Unknown_altered_and_refused_adapters_and_models_do_not_serve_as_adapters()
    {
        using var lena = fixture.Host.Client("lena");
        (await RefusalAsync(lena, $"{OpenAiFixture.Model}:nobodys")).ShouldContain("no adapter 'nobodys'");
        (await RefusalAsync(lena, $"{OpenAiFixture.Model}:../models")).ShouldContain("no adapter");

        var altered = await ImportAsync("altered");
        await RunAsync("models", "approve", "altered", "--reason", "trained by us");
        var weights = Path.Combine(altered, "adapter.safetensors");
        var bytes = await File.ReadAllBytesAsync(weights);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes);
        (await RefusalAsync(lena, $"{OpenAiFixture.Model}:altered")).ShouldContain("adapter.safetensors");

        await ImportAsync("refused");
        await RunAsync("models", "approve", "refused", "--refuse", "--reason", "of unknown origin", "--by", "clara");
        (await RefusalAsync(lena, $"{OpenAiFixture.Model}:refused")).ShouldContain("refused by clara");

        await RunAsync("models", "import", RepositoryFiles.Fixture("models/tiny/llama3"), "--bits", "32", "--out", Path.Combine(fixture.Host.DataDirectory, "models", "other"));
        await RunAsync("models", "import", RepositoryFiles.Fixture("models/tiny-lora/llama3"), "--base", "other", "--out", Path.Combine(fixture.Host.DataDirectory, "models", "of-other"));
        await RunAsync("models", "approve", "of-other", "--reason", "trained by us");
        (await RefusalAsync(lena, $"{OpenAiFixture.Model}:of-other")).ShouldContain("'of-other' is no adapter for");
        (await RefusalAsync(lena, $"{OpenAiFixture.Model}:other")).ShouldContain("not approved");
    }

    private async Task<RagRun> RunAsync(params string[] arguments)
    {
        var run = await Rag.RunAsync(Settings, arguments);
        run.ExitCode.ShouldBe(0, run.Errors);
        return run;
    }

    private static async Task<string> RefusalAsync(HttpClient client, string model)
    {
        using var response = await ChatAsync(client, model);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound, await response.Content.ReadAsStringAsync());
        var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("model_not_found");
        return error.GetProperty("message").GetString() ?? "";
    }

    private async Task<(string? Text, JsonElement Record)> AnswerAsync(HttpClient client, string model)
    {
        using var response = await ChatAsync(client, model);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        var record = (await fixture.CoresAsync($"c->>'rid' = '{answer.GetProperty("receipt").GetProperty("request").GetString()}'")).ShouldHaveSingleItem();
        return (answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(), JsonDocument.Parse(record).RootElement);
    }

    private static Task<HttpResponseMessage> ChatAsync(HttpClient client, string model) => client.PostAsJsonAsync(
        new Uri("v1/chat/completions", UriKind.Relative), new { model, max_tokens = 12, temperature = 0, messages = new[] { new { role = "user", content = "What is the capital of Germany?" } } });

    /// <summary>Makes an adapter of rank 1 on the last layer as PEFT saves it, and imports it as an operator would.</summary>
    /// <returns>The imported folder.</returns>
    private async Task<string> ImportAsync(string name)
    {
        var random = new Random(5);
        var peft = _published.CreateSubdirectory(name).FullName;
        var weights = new SafetensorsWriter()
            .Floats("base_model.model.model.layers.29.mlp.down_proj.lora_A.weight", [1, Intermediate], Floats(Intermediate))
            .Floats("base_model.model.model.layers.29.mlp.down_proj.lora_B.weight", [Hidden, 1], Floats(Hidden));
        await File.WriteAllBytesAsync(Path.Combine(peft, "adapter_model.safetensors"), weights.ToBytes());
        await File.WriteAllTextAsync(Path.Combine(peft, "adapter_config.json"), """{ "peft_type": "LORA", "r": 1, "lora_alpha": 100, "bias": "none" }""");

        await RunAsync("models", "import", peft, "--base", await ImportedModel.FolderAsync());
        return Path.Combine(fixture.Host.DataDirectory, "models", name);

        float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }
}

using System.Numerics.Tensors;
using System.Text;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Remote;
using EnterpriseRag.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Integration.Tests.OpenAi;

/// <summary>Our client of OpenAI-compatible servers against our own server.</summary>
public sealed class RemoteModelTests(OpenAiFixture fixture) : IClassFixture<OpenAiFixture>
{
    private static readonly ChatMessage[] s_question = [new(ChatRole.User, "What is the capital of Germany?")];

    [Fact]
    public async Task A_remote_language_model_stands_behind_the_same_door_and_asks_for_tickets()
    {
        await using var services = Services();
        var generator = services.GetRequiredService<AuditedGenerator>();
        var ticket = TestTickets.Issue();

        var response = await generator.GenerateAsync(ticket, s_question, new ChatOptions { Temperature = 0, MaxOutputTokens = 24 }, CancellationToken.None).ToChatResponseAsync();

        response.Text.ShouldBe("The capital of Germany is Berlin.");
        response.FinishReason.ShouldBe(ChatFinishReason.Stop);
        response.Usage.ShouldNotBeNull().InputTokenCount.ShouldBe(37);
        var model = generator.Model.ShouldNotBeNull();
        (model.Name, model.IsRemote, model.Sha256.Length).ShouldBe((OpenAiFixture.Model, true, 64));
        model.Engine.ShouldStartWith("openai-compatible@127.0.0.1:");
        Should.Throw<TicketRefusedException>(() => generator.GenerateAsync(ticket, s_question, new ChatOptions(), CancellationToken.None));
    }

    [Fact]
    public async Task Remote_vectors_are_the_local_ones()
    {
        await using var remote = Services();
        await using var local = new ServiceCollection().AddLogging().AddInference(Configuration([])).BuildServiceProvider();
        string[] texts = ["notice period", "Die Kündigungsfrist beträgt drei Monate."];

        var ours = await local.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(EmbeddingRoles.Query).GenerateAsync(texts);
        var theirs = await remote.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(EmbeddingRoles.Query).GenerateAsync(texts);

        foreach (var (a, b) in ours.Zip(theirs))
        {
            TensorPrimitives.CosineSimilarity(a.Vector.Span, b.Vector.Span).ShouldBeGreaterThan(0.9999f);
        }

        remote.GetRequiredService<EmbeddingModelInfo>().Dimensions.ShouldBe(384);
    }

    [Fact]
    public async Task What_the_server_refuses_is_said()
    {
        await using var unknown = Services(("Inference:Remote:ChatModel", "gpt-4o"));
        (await Should.ThrowAsync<RemoteModelException>(async () => await unknown.GetRequiredService<AuditedGenerator>().GenerateAsync(TestTickets.Issue(), s_question, new ChatOptions(), CancellationToken.None).ToChatResponseAsync()))
            .Message.ShouldContain("does not know the model");

        await using var plain = Services(("Inference:Remote:Endpoint", "http://models.example.com/v1"), ("Inference:Remote:AllowedHost", "models.example.com"));
        Should.Throw<OptionsValidationException>(() => plain.GetRequiredService<AuditedGenerator>()).Message.ShouldContain("https");
    }

    private ServiceProvider Services(params (string Key, string Value)[] more)
    {
        var key = Path.Combine(fixture.Host.DataDirectory, "remote.key");
        SecretFile.Write(key, Encoding.UTF8.GetBytes(fixture.Host.Token("lena")));
        (string, string)[] settings =
        [
            ("Inference:Remote:Endpoint", fixture.BaseUrl.ToString()), ("Inference:Remote:AllowedHost", fixture.BaseUrl.Host), ("Inference:Remote:ApiKeyFile", key),
            ("Inference:Remote:ChatModel", OpenAiFixture.Model), ("Inference:Remote:EmbeddingModel", OpenAiFixture.EmbeddingModel), ("Inference:Remote:Dimensions", "384"),
            ("Inference:Remote:QueryPrefix", "query: "), ("Inference:Remote:PassagePrefix", "passage: "), ("Inference:Remote:Languages", "en"),
            .. more,
        ];
        return new ServiceCollection().AddLogging().AddInference(Configuration(settings)).BuildServiceProvider();
    }

    private IConfiguration Configuration((string Key, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Data:Directory"] = Path.Combine(fixture.Host.DataDirectory, "remote-client") };
        foreach (var (key, value) in settings)
        {
            values[key] = value; // the last one counts
        }

        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();
    }
}

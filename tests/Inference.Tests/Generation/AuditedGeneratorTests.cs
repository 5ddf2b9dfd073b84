using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Generation;

public sealed class AuditedGeneratorTests : IAsyncLifetime
{
    private static readonly ChatMessage[] s_question = [new(ChatRole.User, "What is the capital of Germany?")];

    // One for the class: the approval of the model in the box is proved once an installation.
    private static readonly string s_data = Directory.CreateTempSubdirectory("rag-generator-").FullName;

    private ServiceProvider _services = null!; // set before each test

    public async ValueTask InitializeAsync() => _services = Build(("Models:Generation", await ImportedModel.FolderAsync()), ("Data:Directory", s_data));

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task A_ticket_opens_one_generation()
    {
        var generator = _services.GetRequiredService<AuditedGenerator>();
        AuditTicket ticket = TestTickets.Issue();

        ChatResponse response = await generator.GenerateAsync(ticket, s_question, new ChatOptions(), CancellationToken.None).ToChatResponseAsync();

        response.Text.ShouldBe("The capital of Germany is Berlin.");
        Should.Throw<TicketRefusedException>(() => generator.GenerateAsync(ticket, s_question, new ChatOptions(), CancellationToken.None));
    }

    [Fact]
    public void A_ticket_for_retrieval_only_or_an_expired_one_opens_none()
    {
        var generator = _services.GetRequiredService<AuditedGenerator>();

        Should.Throw<TicketRefusedException>(() => generator.GenerateAsync(TestTickets.Issue(TicketUse.Retrieval), s_question, new ChatOptions(), CancellationToken.None));
        Should.Throw<TicketRefusedException>(() => generator.GenerateAsync(TestTickets.Issue(lifetime: TimeSpan.FromSeconds(-1)), s_question, new ChatOptions(), CancellationToken.None));
    }

    [Fact]
    public async Task A_stream_cannot_be_read_twice_under_one_ticket()
    {
        IAsyncEnumerable<ChatResponseUpdate> stream = _services.GetRequiredService<AuditedGenerator>()
            .GenerateAsync(TestTickets.Issue(), s_question, new ChatOptions { MaxOutputTokens = 1 }, CancellationToken.None);
        await stream.ToChatResponseAsync();

        Should.Throw<InvalidOperationException>(() => stream.GetAsyncEnumerator());
    }

    [Fact]
    public void The_model_is_described_by_its_card_and_folder()
    {
        GenerationModelInfo model = _services.GetRequiredService<AuditedGenerator>().Model.ShouldNotBeNull();

        model.Name.ShouldBe("smollm2-135m-instruct");
        model.Engine.ShouldBe("onnxruntime@1.30.0");
        model.Languages.ShouldBe(["en"]);
        model.ContextTokens.ShouldBe(8_192);
        model.Sha256.Length.ShouldBe(64);
        model.TemplateSha256.Length.ShouldBe(64);
    }

    [Fact]
    public async Task A_prompt_of_the_same_scope_is_not_computed_twice_until_it_is_forgotten()
    {
        var generator = _services.GetRequiredService<AuditedGenerator>();
        ChatMessage[] question = [new(ChatRole.User, string.Join(' ', Enumerable.Range(0, 60).Select(i => $"Clause {i} is void.")) + " Which clauses are void?")];

        (await CachedAsync("matter 1")).ShouldBe(0);
        (await CachedAsync("matter 1")).ShouldBeGreaterThanOrEqualTo(256);
        (await CachedAsync("matter 2")).ShouldBe(0);
        (await CachedAsync(null)).ShouldBe(0);
        _services.GetRequiredService<SharedPrefixes>().Forget();
        (await CachedAsync("matter 1")).ShouldBe(0);

        async Task<long> CachedAsync(string? scope)
        {
            var options = new ChatOptions { MaxOutputTokens = 1, AdditionalProperties = new AdditionalPropertiesDictionary { [ChatOptionKeys.CacheScope] = scope, [ChatOptionKeys.User] = "ann" } };
            ChatResponse response = await generator.GenerateAsync(TestTickets.Issue(), question, options, CancellationToken.None).ToChatResponseAsync();
            return response.Usage!.AdditionalCounts![ChatOptionKeys.CachedTokens]; // our own client always gives both
        }
    }

    [Fact]
    public async Task A_deadline_ends_the_stream_with_its_own_error()
    {
        var generator = _services.GetRequiredService<AuditedGenerator>();
        ChatMessage[] question = [new(ChatRole.User, "Tell me a long story about a lighthouse.")];
        var options = new ChatOptions { MaxOutputTokens = 2_000, Temperature = 2, Seed = 1, AdditionalProperties = new AdditionalPropertiesDictionary { [ChatOptionKeys.Deadline] = TimeSpan.FromMilliseconds(150) } };

        await Should.ThrowAsync<TimeoutException>(() => generator.GenerateAsync(TestTickets.Issue(), question, options, CancellationToken.None).ToChatResponseAsync());
    }

    [Fact]
    public void Tokens_of_text_are_counted_as_plain_text()
    {
        var generator = _services.GetRequiredService<AuditedGenerator>();

        generator.CountTokens("<|im_end|>").ShouldBeGreaterThan(1);
        generator.CountPromptTokens(s_question).ShouldBe(37);
    }

    [Fact]
    public void Without_a_model_there_is_none_and_the_ticket_stays_unused()
    {
        string empty = Directory.CreateTempSubdirectory("no-models-").FullName;
        try
        {
            using ServiceProvider services = Build(("Data:Directory", empty));
            var generator = services.GetRequiredService<AuditedGenerator>();
            AuditTicket ticket = TestTickets.Issue();

            generator.Model.ShouldBeNull();
            Should.Throw<InvalidOperationException>(() => generator.GenerateAsync(ticket, s_question, new ChatOptions(), CancellationToken.None)).Message.ShouldContain("rag models import");
            ticket.Redeem(TicketUse.Generation, TimeProvider.System.GetUtcNow());
        }
        finally
        {
            Directory.Delete(empty, recursive: true);
        }
    }

    [Fact]
    public void A_damaged_model_does_not_serve()
    {
        string folder = Directory.CreateTempSubdirectory("damaged-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "genai_config.json"), "{}");
            File.WriteAllText(Path.Combine(folder, "SHA256SUMS"), new string('0', 64) + "  genai_config.json\n");
            using ServiceProvider services = Build(("Models:Generation", folder));

            services.GetRequiredService<AuditedGenerator>().Model.ShouldBeNull();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ServiceProvider Build(params (string Key, string Value)[] settings)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value, StringComparer.Ordinal)).Build();
        var services = new ServiceCollection();
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        return services.AddInference(configuration).BuildServiceProvider();
    }
}

using System.ClientModel;
using System.ClientModel.Primitives;
using System.Numerics.Tensors;
using System.Text.Json;
using EnterpriseRag.Testing;
using OpenAI;
using OpenAI.Chat;

namespace EnterpriseRag.Integration.Tests.OpenAi;

/// <summary>The official .NET and npm clients, unchanged, against a real host.</summary>
public sealed class OfficialClientTests(OpenAiFixture fixture) : IClassFixture<OpenAiFixture>
{
    private static readonly ChatMessage[] s_question = [ChatMessage.CreateUserMessage("What is the capital of Germany?")];

    [Fact]
    public async Task The_dotnet_client_chats_whole_and_streamed_alike()
    {
        var chat = Client().GetChatClient(OpenAiFixture.Model);
        var options = new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 24 };

        ChatCompletion whole = await chat.CompleteChatAsync(s_question, options);
        var streamed = "";
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        await foreach (var update in chat.CompleteChatStreamingAsync(s_question, options))
        {
            streamed += string.Concat(update.ContentUpdate.Select(c => c.Text));
            finish = update.FinishReason ?? finish;
            usage = update.Usage ?? usage;
        }

        whole.Content[0].Text.ShouldBe("The capital of Germany is Berlin.");
        streamed.ShouldBe(whole.Content[0].Text);
        whole.FinishReason.ShouldBe(ChatFinishReason.Stop);
        finish.ShouldBe(ChatFinishReason.Stop);
        whole.Usage.InputTokenCount.ShouldBe(37);
        whole.Usage.OutputTokenCount.ShouldBeInRange(7, 10);
        usage.ShouldNotBeNull().TotalTokenCount.ShouldBe(whole.Usage.TotalTokenCount);
        whole.Model.ShouldBe(OpenAiFixture.Model);
    }

    [Fact]
    public async Task Limits_stop_strings_and_seeds_are_obeyed()
    {
        var chat = Client().GetChatClient(OpenAiFixture.Model);

        ChatCompletion cut = await chat.CompleteChatAsync(s_question, new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 3 });
        var stops = new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 24 };
        stops.StopSequences.Add(" is ");
        ChatCompletion stopped = await chat.CompleteChatAsync(s_question, stops);
#pragma warning disable OPENAI001 // the client marks seeds as experimental
        ChatCompletionOptions Sampled() => new() { Temperature = 1, MaxOutputTokenCount = 16, Seed = 7 };
#pragma warning restore OPENAI001
        ChatCompletion first = await chat.CompleteChatAsync(s_question, Sampled());
        ChatCompletion second = await chat.CompleteChatAsync(s_question, Sampled());

        cut.FinishReason.ShouldBe(ChatFinishReason.Length);
        cut.Usage.OutputTokenCount.ShouldBe(3);
        stopped.Content[0].Text.ShouldBe("The capital of Germany");
        stopped.FinishReason.ShouldBe(ChatFinishReason.Stop);
        second.Content[0].Text.ShouldBe(first.Content[0].Text);
    }

    [Fact]
    public async Task A_schema_is_obeyed_whole_and_streamed()
    {
        var chat = Client().GetChatClient(OpenAiFixture.Model);
        var options = new ChatCompletionOptions
        {
            Temperature = 0,
            MaxOutputTokenCount = 60,
            ResponseFormat = ChatResponseFormat.CreateJsonSchemaFormat(
                "city", BinaryData.FromString("""{"type":"object","properties":{"name":{"type":"string","maxLength":20},"capital":{"type":"boolean"}},"required":["name","capital"],"additionalProperties":false}"""), jsonSchemaIsStrict: true),
        };

        ChatCompletion whole = await chat.CompleteChatAsync(s_question, options);
        var streamed = "";
        await foreach (var update in chat.CompleteChatStreamingAsync(s_question, options))
        {
            streamed += string.Concat(update.ContentUpdate.Select(c => c.Text));
        }

        using var json = JsonDocument.Parse(whole.Content[0].Text);
        json.RootElement.GetProperty("name").ValueKind.ShouldBe(JsonValueKind.String);
        json.RootElement.GetProperty("capital").ValueKind.ShouldBeOneOf(JsonValueKind.True, JsonValueKind.False);
        streamed.ShouldBe(whole.Content[0].Text);
    }

    [Fact]
    public async Task A_required_tool_is_called_with_arguments_of_its_schema_and_its_result_goes_back()
    {
        var chat = Client().GetChatClient(OpenAiFixture.Model);
        var options = new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 60, ToolChoice = ChatToolChoice.CreateFunctionChoice("weather") };
        options.Tools.Add(ChatTool.CreateFunctionTool("weather", "Weather of a city", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string","enum":["Berlin","Bonn"]}},"required":["city"],"additionalProperties":false}""")));

        ChatCompletion called = await chat.CompleteChatAsync([ChatMessage.CreateUserMessage("How is the weather in Berlin?")], options);
        var streamed = "";
        await foreach (var update in chat.CompleteChatStreamingAsync([ChatMessage.CreateUserMessage("How is the weather in Berlin?")], options))
        {
            streamed += string.Concat(update.ToolCallUpdates.Select(c => $"{c.FunctionName}{c.FunctionArgumentsUpdate}"));
        }

        called.FinishReason.ShouldBe(ChatFinishReason.ToolCalls);
        var call = called.ToolCalls.ShouldHaveSingleItem();
        call.FunctionName.ShouldBe("weather");
        using var arguments = JsonDocument.Parse(call.FunctionArguments);
        arguments.RootElement.GetProperty("city").GetString().ShouldBeOneOf("Berlin", "Bonn");
        streamed.ShouldBe($"weather{call.FunctionArguments}");

        ChatCompletion answer = await chat.CompleteChatAsync(
            [ChatMessage.CreateUserMessage("How is the weather in Berlin?"), ChatMessage.CreateAssistantMessage(called), ChatMessage.CreateToolMessage(call.Id, "sunny")],
            new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 8 });
        answer.Content[0].Text.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Log_probabilities_come_for_each_token()
    {
        var chat = Client().GetChatClient(OpenAiFixture.Model);

        ChatCompletion answer = await chat.CompleteChatAsync(s_question, new ChatCompletionOptions { Temperature = 0, MaxOutputTokenCount = 4, IncludeLogProbabilities = true, TopLogProbabilityCount = 3 });

        answer.ContentTokenLogProbabilities.Count.ShouldBe(4);
        answer.ContentTokenLogProbabilities.ShouldAllBe(t => t.LogProbability <= 0 && t.TopLogProbabilities.Count == 3 && t.TopLogProbabilities[0].Token == t.Token);
        string.Concat(answer.ContentTokenLogProbabilities.Select(t => t.Token)).ShouldBe(answer.Content[0].Text);
    }

    [Fact]
    public async Task The_dotnet_client_embeds_and_gets_the_vectors_of_the_golden_file()
    {
        var golden = JsonDocument.Parse(await File.ReadAllBytesAsync(RepositoryFiles.Fixture("embeddings-multilingual-e5-small.json"))).RootElement.GetProperty("cases").EnumerateArray().Take(4).ToList();

        OpenAI.Embeddings.OpenAIEmbeddingCollection vectors = await Client().GetEmbeddingClient(OpenAiFixture.EmbeddingModel).GenerateEmbeddingsAsync(golden.Select(c => c.GetProperty("text").GetString()));

        vectors.Count.ShouldBe(4);
        vectors.Usage.InputTokenCount.ShouldBe(golden.Sum(c => c.GetProperty("usedTokens").GetInt32()));
        foreach (var (vector, expected) in vectors.Zip(golden))
        {
            float[] values = [.. expected.GetProperty("embedding").EnumerateArray().Select(v => v.GetSingle())];
            TensorPrimitives.CosineSimilarity(vector.ToFloats().Span, values).ShouldBeGreaterThan(0.999f);
        }
    }

    [Fact]
    public async Task The_dotnet_client_lists_the_models_that_serve()
    {
        var models = Client().GetOpenAIModelClient();

        OpenAI.Models.OpenAIModelCollection all = await models.GetModelsAsync();
        OpenAI.Models.OpenAIModel one = await models.GetModelAsync(OpenAiFixture.Model);

        all.Select(m => m.Id).ShouldBe([OpenAiFixture.Model, OpenAiFixture.EmbeddingModel]);
        one.Id.ShouldBe(OpenAiFixture.Model);
        (await Should.ThrowAsync<ClientResultException>(async () => await models.GetModelAsync("gpt-4o"))).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Errors_reach_the_dotnet_client_as_its_own()
    {
        (await Should.ThrowAsync<ClientResultException>(async () => await Client("rag_" + new string('a', 43)).GetChatClient(OpenAiFixture.Model).CompleteChatAsync(s_question))).Status.ShouldBe(401);
        var unknown = await Should.ThrowAsync<ClientResultException>(async () => await Client().GetChatClient("gpt-4o").CompleteChatAsync(s_question));
        unknown.Status.ShouldBe(404);
        unknown.Message.ShouldContain("model_not_found");
        (await Should.ThrowAsync<ClientResultException>(async () => await Client(fixture.Host.Token("clara")).GetChatClient(OpenAiFixture.Model).CompleteChatAsync(s_question))).Status.ShouldBe(403);
    }

    [Fact]
    public async Task The_npm_client_chats_embeds_lists_and_sees_the_errors()
    {
        using var answer = await Oracle.AskAsync(
            "openai-client.mjs",
            new { baseUrl = fixture.BaseUrl, apiKey = fixture.Host.Token("lena"), model = OpenAiFixture.Model, embeddingModel = OpenAiFixture.EmbeddingModel },
            TestContext.Current.CancellationToken);
        var seen = answer.RootElement;

        var text = seen.GetProperty("whole").GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        text.ShouldBe("The capital of Germany is Berlin.");
        seen.GetProperty("streamed").GetString().ShouldBe(text);
        seen.GetProperty("helper").GetString().ShouldBe(text);
        seen.GetProperty("firstRole").GetString().ShouldBe("assistant");
        seen.GetProperty("finish").EnumerateArray().Select(f => f.GetString()).ShouldBe(["stop"]);
        seen.GetProperty("usage").GetProperty("prompt_tokens").GetInt32().ShouldBe(37);
        seen.GetProperty("ids").GetInt32().ShouldBe(1);
        seen.GetProperty("models").GetArrayLength().ShouldBe(2);
        seen.GetProperty("one").GetProperty("object").GetString().ShouldBe("model");

        var vectors = seen.GetProperty("vectors").EnumerateArray().Select(v => v.EnumerateArray().Select(x => x.GetSingle()).ToArray()).ToList();
        var floats = seen.GetProperty("floats").EnumerateArray().Select(x => x.GetSingle()).ToArray();
        vectors.ShouldAllBe(v => v.Length == 384);
        TensorPrimitives.CosineSimilarity<float>(vectors[0], floats).ShouldBeGreaterThan(0.9999f, "base64 and float are the same numbers");
        TensorPrimitives.CosineSimilarity<float>(vectors[0], vectors[1]).ShouldBeGreaterThan(TensorPrimitives.CosineSimilarity<float>(vectors[0], vectors[2]));

        seen.GetProperty("logprobs").GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content").GetArrayLength().ShouldBe(3);
        JsonDocument.Parse(seen.GetProperty("object").GetString() ?? "").RootElement.ValueKind.ShouldBe(JsonValueKind.Object);
        seen.GetProperty("biased").GetString().ShouldNotBe(text, "a thousand of the commonest tokens were banned");

        var failures = seen.GetProperty("failures");
        Failure("model").ShouldBe((404, "model_not_found"));
        Failure("many").ShouldBe((400, "unsupported_value"));
        Failure("empty").Status.ShouldBe(400);
        Failure("image").ShouldBe((400, "unsupported_value"));
        Failure("long").Status.ShouldBe(400);
        Failure("tokens").ShouldBe((400, "unsupported_value"));
        Failure("schema").Status.ShouldBe(400);
        Failure("dimensions").ShouldBe((400, "unsupported_parameter"));
        Failure("retrieve").ShouldBe((404, "model_not_found"));
        Failure("key").ShouldBe((401, "invalid_api_key"));
        failures.GetProperty("model").GetProperty("kind").GetString().ShouldBe("NotFoundError");
        failures.GetProperty("dimensions").GetProperty("param").GetString().ShouldBe("dimensions");

        (int Status, string? Code) Failure(string name) => (failures.GetProperty(name).GetProperty("status").GetInt32(), failures.GetProperty(name).GetProperty("code").GetString());
    }

    private OpenAIClient Client(string? token = null) => new(
        new ApiKeyCredential(token ?? fixture.Host.Token("lena")), new OpenAIClientOptions { Endpoint = fixture.BaseUrl, RetryPolicy = new ClientRetryPolicy(maxRetries: 0) });
}

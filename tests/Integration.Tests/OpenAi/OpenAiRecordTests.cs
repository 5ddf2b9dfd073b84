using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using EnterpriseRag.Portal.Tests.Hosting;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Integration.Tests.OpenAi;

/// <summary>What the ledger has of calls under /v1, and what happens when it or the model has no room.</summary>
public sealed class OpenAiRecordTests(OpenAiFixture fixture) : IClassFixture<OpenAiFixture>
{
    [Fact]
    public async Task Each_chat_is_one_request_with_the_models_hash_and_one_response()
    {
        using var lena = fixture.Host.Client("lena");

        var answer = await ChatAsync(lena, stream: false, "Name a colour.");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var receipt = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("receipt");
        var records = await RecordsAsync(receipt.GetProperty("request").GetString());
        records.Select(r => r.GetProperty("type").GetString()).ShouldBe(["request", "response"]);
        records[0].GetProperty("kind").GetString().ShouldBe("chat");
        records[0].GetProperty("mode").GetString().ShouldBe("direct");
        records[0].GetProperty("model_sha256").GetString().ShouldBe(ModelHash(await ImportedModel.FolderAsync()));
        records[0].GetProperty("segs")[0].GetProperty("n").GetString().ShouldBe("prompt");
        records[1].GetProperty("seq").GetInt64().ShouldBe(receipt.GetProperty("seq").GetInt64());
        records[1].GetProperty("out_tok").GetInt32().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Embeddings_searches_and_questions_name_the_bytes_of_their_model()
    {
        using var lena = fixture.Host.Client("lena");
        var hash = ModelHash(RepositoryFiles.Model(OpenAiFixture.EmbeddingModel));

        using var embedded = await lena.PostAsJsonAsync(new Uri("v1/embeddings", UriKind.Relative), new { model = OpenAiFixture.EmbeddingModel, input = "notice period" });
        embedded.StatusCode.ShouldBe(HttpStatusCode.OK, await embedded.Content.ReadAsStringAsync());
        using var searched = await lena.PostAsJsonAsync(new Uri("api/search", UriKind.Relative), new { text = "notice period" });
        searched.StatusCode.ShouldBe(HttpStatusCode.OK);
        await EventStreamOf(lena);

        foreach (var kind in new[] { "embed", "search", "ask" })
        {
            var core = JsonDocument.Parse((await fixture.CoresAsync($"c->>'kind' = '{kind}'"))[^1]).RootElement;
            core.GetProperty("emb_model_sha256").GetString().ShouldBe(hash, kind);
        }
    }

    [Fact]
    public async Task A_stream_that_the_client_leaves_is_recorded_as_aborted()
    {
        using var lena = fixture.Host.Client("lena");
        string? request = null;
        using (var response = await ChatAsync(lena, stream: true, "Tell a very long story about a ship.", maxTokens: 400))
        {
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            while (await reader.ReadLineAsync() is { } line)
            {
                if (line.Contains("\"content\":\"", StringComparison.Ordinal) && !line.Contains("\"content\":\"\"", StringComparison.Ordinal))
                {
                    request = Guid.Parse(JsonDocument.Parse(line["data: ".Length..]).RootElement.GetProperty("id").GetString()!["chatcmpl-".Length..]).ToString();
                    break;
                }
            }
        }

        for (var attempt = 0; ; attempt++)
        {
            var records = await RecordsAsync(request);
            if (records.Count == 2)
            {
                records[1].GetProperty("type").GetString().ShouldBe("abort");
                records[1].GetProperty("partial").GetBoolean().ShouldBeTrue();
                break;
            }

            attempt.ShouldBeLessThan(100, "the abort was not recorded");
            await Task.Delay(100);
        }
    }

    [Fact]
    public async Task A_refused_option_is_told_in_openais_form_and_recorded_as_aborted()
    {
        using var lena = fixture.Host.Client("lena");

        using var response = await ChatAsync(lena, stream: true, string.Concat(Enumerable.Repeat("word ", 20_000)));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("type").GetString().ShouldBe("invalid_request_error");
        JsonDocument.Parse((await fixture.CoresAsync("c->>'type' = 'abort' AND c->>'reason' = 'invalid_request'"))[^1]).RootElement.GetProperty("partial").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Without_its_ledger_nothing_is_generated_and_a_full_queue_says_when_to_come_again()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        var installation = cluster.NewInstallation();
        installation.Configuration["Models:Generation"] = await ImportedModel.FolderAsync();
        installation.Configuration["Inference:Generation:MaxConcurrency"] = "1";
        installation.Configuration["Inference:Generation:QueueLength"] = "2";
        await using var host = await PortalHost.StartAsync(installation);
        using var lena = host.Client("lena");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => ChatAsync(lena, stream: false, $"Write a long story, number {i}.", maxTokens: 120)));
        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBeGreaterThan(0);
        var refused = answers.Where(a => a.StatusCode == HttpStatusCode.TooManyRequests).ToList();
        refused.ShouldNotBeEmpty();
        refused.ShouldAllBe(a => a.Headers.RetryAfter != null && a.Headers.RetryAfter.Delta >= TimeSpan.FromSeconds(1));
        (await refused[0].Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString().ShouldBe("rate_limit_exceeded");

        await cluster.StopAsync();
        using var silent = await ChatAsync(lena, stream: true, "Name a colour.");
        silent.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        silent.Headers.RetryAfter.ShouldNotBeNull();
        (await silent.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString().ShouldBe("audit_unavailable");
    }

    private static Task<HttpResponseMessage> ChatAsync(HttpClient client, bool stream, string text, int maxTokens = 16)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri("v1/chat/completions", UriKind.Relative))
        {
            Content = JsonContent.Create(new { model = OpenAiFixture.Model, stream, max_tokens = maxTokens, temperature = 0, messages = new[] { new { role = "user", content = text } } }),
        };
        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task EventStreamOf(HttpClient client)
    {
        using var response = await Api.EventStream.StartAsync(client, "How long is the notice period?");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        await response.Content.ReadAsStringAsync();
    }

    private static string ModelHash(string folder) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "SHA256SUMS"))));

    private async Task<List<JsonElement>> RecordsAsync(string? request) =>
        [.. (await fixture.CoresAsync($"c->>'rid' = '{request}' OR c->>'of' = '{request}'")).Select(core => JsonDocument.Parse(core).RootElement)];
}

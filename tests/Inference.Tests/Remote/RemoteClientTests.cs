using System.Diagnostics;
using System.Net;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Remote;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace EnterpriseRag.Inference.Tests.Remote;

public sealed class RemoteClientTests
{
    private static readonly ChatMessage[] s_question = [new(ChatRole.User, "What is the capital of Germany?")];
    private static readonly string[] s_good = [BrokenServer.Delta("Ber"), BrokenServer.Delta("lin", "stop"), """{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}""", "[DONE]"];

    [Fact]
    public async Task An_answer_is_read_from_the_stream_with_usage_and_reason()
    {
        await using var server = new BrokenServer(BrokenServer.Stream(s_good));
        using var transport = Transport(server);

        var response = await Chat(transport).GetResponseAsync(s_question, new ChatOptions { Temperature = 0, StopSequences = ["x"] });

        response.Text.ShouldBe("Berlin");
        response.FinishReason.ShouldBe(ChatFinishReason.Stop);
        response.Usage.ShouldNotBeNull().OutputTokenCount.ShouldBe(2);
        server.Requests.Single().ShouldContain("\"stream\":true");
        server.Requests.Single().ShouldContain("\"stop\":[\"x\"]");
        server.Requests.Single().ShouldNotContain("top_p");
    }

    [Fact]
    public async Task Calls_of_tools_are_put_together_from_their_pieces()
    {
        await using var server = new BrokenServer(BrokenServer.Stream([
            """{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"ci"}}]},"finish_reason":null}]}""",
            """{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ty\":\"Bonn\"}"}}]},"finish_reason":"tool_calls"}]}""",
            "[DONE]"]));
        using var transport = Transport(server);

        var response = await Chat(transport).GetResponseAsync(s_question);

        var call = response.Messages.SelectMany(m => m.Contents).OfType<FunctionCallContent>().Single();
        (call.CallId, call.Name, call.Arguments?["city"]?.ToString()).ShouldBe(("c1", "weather", "Bonn"));
        response.FinishReason.ShouldBe(ChatFinishReason.ToolCalls);
    }

    [Theory]
    [InlineData(429, "Retry-After: 0")]
    [InlineData(503, "Retry-After: 0")]
    [InlineData(502, "X-Nothing: 0")]
    public async Task A_server_without_room_is_asked_again(int status, string header)
    {
        await using var server = new BrokenServer(BrokenServer.Answer(status, "{}", header), BrokenServer.Stream(s_good));
        using var transport = Transport(server);

        (await Chat(transport).GetResponseAsync(s_question)).Text.ShouldBe("Berlin");

        server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_servers_own_waiting_time_is_kept()
    {
        await using var server = new BrokenServer(BrokenServer.Answer(429, "{}", "Retry-After: 1"), BrokenServer.Stream(s_good));
        using var transport = Transport(server, o => o.RetrySeconds = 0.01);
        var watch = Stopwatch.StartNew();

        await Chat(transport).GetResponseAsync(s_question);

        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromSeconds(0.9));
    }

    [Fact]
    public async Task A_long_waiting_time_is_passed_on_to_the_caller()
    {
        await using var server = new BrokenServer(BrokenServer.Answer(429, "{}", "Retry-After: 120"));
        using var transport = Transport(server);

        (await Should.ThrowAsync<GenerationBusyException>(Chat(transport).GetResponseAsync(s_question))).RetryAfter.ShouldBe(TimeSpan.FromSeconds(120));

        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_generation_is_not_repeated_but_a_failed_embedding_is()
    {
        await using var failing = new BrokenServer(BrokenServer.Answer(500, "{}"));
        using var first = Transport(failing);
        (await Should.ThrowAsync<RemoteModelException>(Chat(first).GetResponseAsync(s_question))).Message.ShouldContain("(500)");
        failing.Requests.Count.ShouldBe(1);

        await using var mended = new BrokenServer(BrokenServer.Answer(500, "{}"), BrokenServer.Answer(200, """{"data":[{"index":0,"embedding":[3,4]}],"usage":{"prompt_tokens":5}}"""));
        var options = Settings(mended);
        using var second = new RemoteTransport(Options.Create(options), TimeProvider.System);
        var vectors = await new RemoteEmbeddingGenerator(second, options, "query: ").GenerateAsync(["x"]);
        vectors[0].Vector.ToArray().ShouldBe([0.6f, 0.8f]);
        vectors.Usage.ShouldNotBeNull().InputTokenCount.ShouldBe(5);
        mended.Requests.Count.ShouldBe(2);
        mended.Requests.First().ShouldContain("query: x");
    }

    [Fact]
    public async Task A_slow_server_is_given_up_and_told_apart_from_a_silent_stream()
    {
        await using var slow = new BrokenServer((_, token) => Task.Delay(Timeout.Infinite, token));
        using var first = Transport(slow, o => o.TimeoutSeconds = 1);
        (await Should.ThrowAsync<RemoteModelException>(Chat(first).GetResponseAsync(s_question))).Message.ShouldContain("no answer within 1 s");
        slow.Requests.Count.ShouldBe(1);

        await using var silent = new BrokenServer(BrokenServer.Stream([BrokenServer.Delta("Ber")], token => Task.Delay(Timeout.Infinite, token)));
        using var second = Transport(silent, o => o.SilenceSeconds = 0.3);
        (await Should.ThrowAsync<RemoteModelException>(Chat(second).GetResponseAsync(s_question))).Message.ShouldContain("silent for 0.3 s");
    }

    [Fact]
    public async Task A_cut_stream_is_never_taken_for_an_answer()
    {
        await using var cut = new BrokenServer(BrokenServer.Stream([BrokenServer.Delta("Ber")], _ => Task.CompletedTask));
        using var first = Transport(cut);
        var seen = "";
        var broken = await Should.ThrowAsync<RemoteModelException>(async () =>
        {
            await foreach (var update in Chat(first).GetStreamingResponseAsync(s_question))
            {
                seen += update.Text;
            }
        });
        seen.ShouldBe("Ber");
        broken.Message.ShouldContain("broke in the middle");

        await using var unfinished = new BrokenServer(BrokenServer.Stream([BrokenServer.Delta("Ber")]));
        using var second = Transport(unfinished);
        (await Should.ThrowAsync<RemoteModelException>(Chat(second).GetResponseAsync(s_question))).Message.ShouldContain("cut off");

        await using var failed = new BrokenServer(BrokenServer.Stream([BrokenServer.Delta("Ber"), """{"error":{"message":"out of\nmemory"}}"""]));
        using var third = Transport(failed);
        (await Should.ThrowAsync<RemoteModelException>(Chat(third).GetResponseAsync(s_question))).Message.ShouldContain("out of memory");
    }

    [Fact]
    public async Task After_repeated_failures_the_server_is_left_alone_and_asked_again_later()
    {
        await using var server = new BrokenServer(
            BrokenServer.Answer(500, "{}"), BrokenServer.Answer(500, "{}"), BrokenServer.Answer(500, "{}"), BrokenServer.Stream(s_good));
        using var transport = Transport(server, o => (o.BreakAfter, o.BreakSeconds) = (3, 0.6));
        for (var i = 0; i < 3; i++)
        {
            await Should.ThrowAsync<RemoteModelException>(Chat(transport).GetResponseAsync(s_question));
        }

        (await Should.ThrowAsync<RemoteModelException>(Chat(transport).GetResponseAsync(s_question))).Message.ShouldContain("failed several times");
        server.Requests.Count.ShouldBe(3, "an open breaker asks nobody");

        await Task.Delay(800, TestContext.Current.CancellationToken);
        (await Chat(transport).GetResponseAsync(s_question)).Text.ShouldBe("Berlin");
    }

    [Fact]
    public async Task Redirects_are_not_followed_and_endless_answers_not_read()
    {
        await using var elsewhere = new BrokenServer(BrokenServer.Stream(s_good));
        await using var pointing = new BrokenServer(BrokenServer.Answer(307, "", $"Location: {elsewhere.BaseUrl}/chat/completions"));
        using var first = Transport(pointing);
        (await Should.ThrowAsync<RemoteModelException>(Chat(first).GetResponseAsync(s_question))).Message.ShouldContain("redirects are not followed");
        elsewhere.Requests.ShouldBeEmpty();

        await using var endless = new BrokenServer(BrokenServer.Stream([.. Enumerable.Repeat(BrokenServer.Delta(new string('a', 500)), 20)]));
        using var second = Transport(endless, o => o.MaxResponseBytes = 2048);
        (await Should.ThrowAsync<RemoteModelException>(Chat(second).GetResponseAsync(s_question))).Message.ShouldContain("MaxResponseBytes");
    }

    [Fact]
    public async Task The_key_comes_from_a_file_that_nobody_else_can_read_and_a_refusal_is_explained()
    {
        var folder = Directory.CreateTempSubdirectory("rag-remote-").FullName;
        try
        {
            var file = Path.Combine(folder, "key");
            SecretFile.Write(file, "top-secret\n"u8);
            await using var server = new BrokenServer(BrokenServer.Answer(401, "{}"), BrokenServer.Answer(400, """{"error":{"message":"too many tokens"}}"""));
            using var transport = Transport(server, o => o.ApiKeyFile = file);

            (await Should.ThrowAsync<RemoteModelException>(Chat(transport).GetResponseAsync(s_question))).Message.ShouldContain("ApiKeyFile");
            (await Should.ThrowAsync<ArgumentException>(Chat(transport).GetResponseAsync(s_question))).Message.ShouldContain("too many tokens");
            server.Requests.ShouldAllBe(r => r.Contains("Authorization: Bearer top-secret", StringComparison.Ordinal));

            if (OperatingSystem.IsLinux())
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
                Should.Throw<SecretFileException>(() => Transport(server, o => o.ApiKeyFile = file));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("https://models.example.com/v1", "models.example.com", null)]
    [InlineData("http://127.0.0.1:8000/v1", "127.0.0.1", null)]
    [InlineData("http://models.example.com/v1", "models.example.com", "must be https")]
    [InlineData("https://models.example.com/v1", null, "AllowedHost must name the host")]
    [InlineData("https://models.example.com/v1", "example.com", "AllowedHost must name the host")]
    [InlineData("https://user:pw@models.example.com/v1", "models.example.com", "without a query or a password")]
    [InlineData("ftp://models.example.com", "models.example.com", "must be an address")]
    public void Only_a_named_host_over_tls_is_accepted(string endpoint, string? allowed, string? fault)
    {
        var result = new RemoteOptionsValidator().Validate(null, new RemoteOptions { Endpoint = endpoint, AllowedHost = allowed, ChatModel = "m" });

        if (fault is null)
        {
            result.Succeeded.ShouldBeTrue(result.FailureMessage);
        }
        else
        {
            result.FailureMessage.ShouldNotBeNull().ShouldContain(fault);
        }
    }

    [Fact]
    public void It_is_off_unless_an_endpoint_is_named() => new RemoteOptionsValidator().Validate(null, new RemoteOptions()).Succeeded.ShouldBeTrue();

    private static RemoteChatClient Chat(RemoteTransport transport) => new(transport, "model", 32);

    private static RemoteTransport Transport(BrokenServer server, Action<RemoteOptions>? change = null)
    {
        var options = Settings(server);
        change?.Invoke(options);
        return new RemoteTransport(Options.Create(options), TimeProvider.System);
    }

    private static RemoteOptions Settings(BrokenServer server) => new()
    {
        Endpoint = server.BaseUrl.ToString(), AllowedHost = IPAddress.Loopback.ToString(), ChatModel = "model", EmbeddingModel = "vectors", Dimensions = 2, RetrySeconds = 0.02,
        Languages = "en",
    };
}

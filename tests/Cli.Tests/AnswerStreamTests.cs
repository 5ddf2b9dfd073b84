using System.Net;
using System.Text;

namespace EnterpriseRag.Cli.Tests;

/// <summary>What <c>rag ask</c> makes of streams that a real host sends only on bad days; the server here is a fake on loopback.</summary>
public sealed class AnswerStreamTests : IDisposable
{
    private const string Started = """event: started""" + "\n" + """data: {"request":"01a202a7-f1ec-7b31-a532-ce05df6acecf","language":"en"}""" + "\n\n";
    private const string Quotations =
        """event: quotations""" + "\n"
        + """data: {"heading":"From the documents","quotations":[{"number":1,"document":"01a202a7-f1ec-7b31-a532-ce05df6acec1","version":"01a202a7-f1ec-7b31-a532-ce05df6acec2","documentName":"a.pdf","page":3,"start":10,"length":5,"headingPath":["1. Term"],"quote":"sixty \u001b[31mdays","passage":"p","ordinal":0,"looksLikeInstruction":true}]}""" + "\n\n";
    private const string Final = """event: final""" + "\n" + """data: {"outcome":"quotes","receipt":{"request":"01a202a7-f1ec-7b31-a532-ce05df6acecf","seq":7,"leafHash":"ab"},"generated":"withheld (unverified)","outputTokens":12,"tokensPerSecond":120.4}""" + "\n\n";

    private readonly string _data = Directory.CreateTempSubdirectory("rag-cli-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_whole_answer_is_shown_and_becomes_one_JSON_value()
    {
        var run = await AskAsync(200, "text/event-stream", Started + ": waiting\n\n" + Quotations + "event: of-a-newer-host\ndata: {}\n\n" + Final);

        run.ExitCode.ShouldBe(0, run.Errors);
        run.Json.GetProperty("outcome").GetString().ShouldBe("quotes");
        run.Json.GetProperty("quotations")[0].GetProperty("page").GetInt32().ShouldBe(3);
        run.Json.GetProperty("receipt").GetProperty("seq").GetInt64().ShouldBe(7);
        run.Errors.ShouldContain("a.pdf, page 3, 1. Term");
        run.Errors.ShouldContain("generated: withheld (unverified), 120 tokens/s");
        run.Errors.ShouldContain("reads like an instruction");
    }

    [Fact]
    public async Task Text_of_documents_cannot_steer_the_terminal()
    {
        var run = await AskAsync(200, "text/event-stream", Started + Quotations + Final);

        run.Errors.ShouldContain("sixty \uFFFD[31mdays");
        (run.Errors + run.Standard).ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task Half_an_answer_is_no_answer()
    {
        var run = await AskAsync(200, "text/event-stream", Started + Quotations);

        run.ExitCode.ShouldBe((int)ExitCode.Unavailable);
        run.Standard.ShouldBeEmpty();
        run.Errors.ShouldContain("not complete");
    }

    [Fact]
    public async Task When_the_ledger_stops_the_answer_is_void()
    {
        var run = await AskAsync(200, "text/event-stream", Started + Quotations + "event: audit_abort\ndata: {\"message\":\"The audit ledger stopped writing. The answer is void.\"}\n\n");

        run.ExitCode.ShouldBe((int)ExitCode.AnswerVoid);
        run.Standard.ShouldBeEmpty();
        run.Errors.ShouldContain("void");
    }

    [Theory]
    [InlineData(503, """{"type":"urn:rag:audit-unavailable","title":"The audit ledger cannot write.","detail":"Nothing was searched."}""", ExitCode.Unavailable, "Nothing was searched.")]
    [InlineData(400, """{"type":"urn:rag:invalid","title":"The request breaks a rule.","detail":"Ask something."}""", ExitCode.Refused, "Ask something.")]
    [InlineData(403, """{"type":"urn:rag:forbidden","title":"You lack the right.","detail":"Ask an administrator."}""", ExitCode.NotPermitted, "Ask an administrator.")]
    [InlineData(401, "", ExitCode.NotPermitted, "rag token create")]
    [InlineData(502, "<html>a proxy's page</html>", ExitCode.Unavailable, "502")]
    [InlineData(302, "", ExitCode.Unavailable, "302")]
    public async Task Refusals_become_exit_codes_with_the_servers_advice(int status, string body, object code, string message)
    {
        var run = await AskAsync(status, "application/problem+json", body);

        run.ExitCode.ShouldBe((int)(ExitCode)code);
        run.Standard.ShouldBeEmpty();
        run.Errors.ShouldContain(message);
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_ends_the_command()
    {
        var run = await AskAsync(200, "text/event-stream", Started + "event: final\ndata: not JSON\n\n");

        run.ExitCode.ShouldBe((int)ExitCode.Unavailable);
        run.Errors.ShouldContain("same version");
    }

    private async Task<RagRun> AskAsync(int status, string type, string body)
    {
        var token = Path.Combine(_data, "demo.token");
        await File.WriteAllTextAsync(token, $"rag_{new string('a', 43)}\n");
        File.SetUnixFileMode(token, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var server = Listen(out var address);
        var answering = AnswerAsync(server, status, type, body);
        var run = await Rag.RunAsync(Rag.Installation(_data), "ask", "a question", "--server", address, "--json");
        await answering;
        return run;
    }

    private static HttpListener Listen(out string address)
    {
        for (var attempt = 0; ; attempt++)
        {
            address = $"http://127.0.0.1:{20_000 + ((Environment.ProcessId * 31 + attempt * 101) % 12_000)}/";
            var server = new HttpListener { Prefixes = { address } };
            try
            {
                server.Start();
                return server;
            }
            catch (HttpListenerException) when (attempt < 50)
            {
                server.Close(); // the port is taken
            }
        }
    }

    private static async Task AnswerAsync(HttpListener server, int status, string type, string body)
    {
        var context = await server.GetContextAsync();
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        if (status == 302)
        {
            context.Response.RedirectLocation = "http://192.0.2.1/"; // must not be followed: the token would go there
        }

        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
        context.Response.Close();
    }
}

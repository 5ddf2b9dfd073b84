using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using EnterpriseRag.Audit.Verification;
using EnterpriseRag.Integration.Tests.Api;
using EnterpriseRag.Portal.Tests.Hosting;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Integration.Tests.Crash;

public sealed class KilledHostTests
{
    private const int Files = 200;

    [Fact]
    public async Task Killed_during_the_ingestion_of_200_files_it_loses_nothing_and_doubles_nothing()
    {
        await using var host = await PortalHost.StartAsync(await PostgresCluster.SharedAsync());
        using (var lena = host.Client("lena"))
        {
            await UploadAsync(lena);
            await WaitForReadyAsync(lena, atLeast: 20);
        }

        await host.KillAsync();
        await host.RestartAsync();
        var documents = await host.WaitUntilSettledAsync("lena");

        documents.Count.ShouldBe(Files);
        documents.ShouldAllBe(d => d.GetProperty("state").GetString() == "ready" && d.GetProperty("number").GetInt32() == 1);
        documents.Select(d => d.GetProperty("name").GetString()).Distinct().Count().ShouldBe(Files);
        using var reader = host.Client("lena");
        foreach (var number in new[] { 1, 100, Files })
        {
            // One passage a file: a passage found twice would be a file indexed twice.
            var found = await SearchAsync(reader, $"What is the code word of container {number}?");
            found.Count(name => name == FileName(number)).ShouldBe(1);
        }

        await ShouldVerifyAsync(host);
    }

    [Fact]
    public async Task Killed_during_an_answer_it_ends_the_request_with_one_abort_record()
    {
        var installation = (await PostgresCluster.SharedAsync()).NewInstallation();
        installation.Configuration["Audit:LeaseSeconds"] = "5";
        installation.Configuration["Models:Generation"] = await ImportedModel.FolderAsync();
        await using var host = await PortalHost.StartAsync(installation);
        await host.IngestAsync("lena", PortalHost.Matter, PortalHost.Sample("travel-policy.html"));
        var request = await KillWhileTheModelWritesAsync(host);
        await host.RestartAsync();

        using var clara = host.Client("clara");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        List<JsonElement> terminal;
        while ((terminal = await TerminalRecordsAsync(clara, request)).Count == 0)
        {
            await Task.Delay(500, limit.Token);
        }

        terminal.ShouldHaveSingleItem().GetProperty("type").GetString().ShouldBe("abort");
        await ShouldVerifyAsync(host);
    }

    private static string FileName(int number) => $"container-{number:000}.txt";

    private static async Task UploadAsync(HttpClient client)
    {
        foreach (var batch in Enumerable.Range(1, Files).Chunk(50))
        {
            using var form = new MultipartFormDataContent { { new StringContent(PortalHost.Matter), "matter" } };
            foreach (var number in batch)
            {
                form.Add(new ByteArrayContent(Encoding.UTF8.GetBytes($"Container {number} stands in row {number % 17}. The code word of container {number} is word-{number * 7919}.")), "files", FileName(number));
            }

            (await client.PostAsync(new Uri("api/documents/", UriKind.Relative), form)).EnsureSuccessStatusCode();
        }
    }

    private static async Task WaitForReadyAsync(HttpClient client, int atLeast)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var documents = await client.GetFromJsonAsync<List<JsonElement>>(new Uri("api/documents/", UriKind.Relative), limit.Token);
            if (documents?.Count(d => d.GetProperty("state").GetString() == "ready") >= atLeast)
            {
                return;
            }

            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task<List<string?>> SearchAsync(HttpClient client, string text)
    {
        var response = await client.PostAsJsonAsync(new Uri("api/search", UriKind.Relative), new { text, k = 10 });
        response.EnsureSuccessStatusCode();
        return [.. (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("passages").EnumerateArray().Select(p => p.GetProperty("documentName").GetString())];
    }

    // The quotations are shown and the model has begun: the host dies between two spool rows.
    private static async Task<string> KillWhileTheModelWritesAsync(PortalHost host)
    {
        using var lena = host.Client("lena");
        using var response = await EventStream.StartAsync(lena, "Up to what amount are hotel costs reimbursed in London?");
        response.EnsureSuccessStatusCode();
        var request = "";
        await foreach (var (name, data) in EventStream.ReadAsync(response))
        {
            if (name == "started")
            {
                request = data.GetProperty("request").GetString() ?? "";
            }
            else if (name == "quotations")
            {
                await host.KillAsync();
                break;
            }
        }

        return request;
    }

    private static async Task<List<JsonElement>> TerminalRecordsAsync(HttpClient officer, string request)
    {
        var page = await officer.GetFromJsonAsync<JsonElement>(new Uri($"api/audit/records?request={request}", UriKind.Relative));
        return [.. page.GetProperty("records").EnumerateArray().Where(r => r.GetProperty("type").GetString() is "response" or "abort" or "refusal")];
    }

    private static async Task ShouldVerifyAsync(PortalHost host)
    {
        var report = await new LedgerVerifier(host.Databases.Databases, TimeProvider.System).VerifyAsync(deep: true, null, CancellationToken.None);
        report.Faults.ShouldBeEmpty();
        report.Code.ShouldBe(VerificationCode.Ok);
    }
}

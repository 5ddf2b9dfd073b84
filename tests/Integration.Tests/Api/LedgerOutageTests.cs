using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using EnterpriseRag.Portal.Tests.Hosting;
using EnterpriseRag.Testing;

namespace EnterpriseRag.Integration.Tests.Api;

public sealed class LedgerOutageTests
{
    [Fact]
    public async Task Without_its_database_nothing_is_answered_and_it_recovers_without_a_restart()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var host = await PortalHost.StartAsync(cluster);
        await host.IngestAsync("lena", PortalHost.Matter, PortalHost.Sample("travel-policy.html"));
        using var lena = host.Client("lena");
        const string Question = "Up to what amount are hotel costs reimbursed in London?";
        (await EventStream.AskAsync(lena, Question))[^1].Name.ShouldBe("final");

        await cluster.StopAsync();
        var watch = Stopwatch.StartNew();
        using (var refused = await EventStream.StartAsync(lena, Question))
        {
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
            refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, $"{await refused.Content.ReadAsStringAsync()}\n{host.Output}");
            refused.Headers.RetryAfter.ShouldNotBeNull();
            (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("type").GetString().ShouldBe("urn:rag:audit-unavailable");
        }

        using (var search = await lena.PostAsJsonAsync(new Uri("api/search", UriKind.Relative), new { text = Question }))
        {
            search.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        using var stranger = host.Client(null);
        (await stranger.GetAsync(new Uri("health/ready", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await stranger.GetAsync(new Uri("health/live", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);

        await cluster.RestartAsync();
        watch.Restart();
        while (true)
        {
            using var response = await EventStream.StartAsync(lena, Question);
            if (response.IsSuccessStatusCode)
            {
                break;
            }

            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30), host.Output);
            await Task.Delay(500);
        }
    }

    [Fact]
    public async Task A_ledger_lost_during_an_answer_ends_it_with_an_abort_and_shows_nothing_uncommitted()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        var installation = cluster.NewInstallation();
        installation.Configuration["Models:Generation"] = await ImportedModel.FolderAsync();
        await using var host = await PortalHost.StartAsync(installation);
        await host.IngestAsync("lena", PortalHost.Matter, PortalHost.Sample("travel-policy.html"));
        using var lena = host.Client("lena");
        using var response = await EventStream.StartAsync(lena, "Up to what amount are hotel costs reimbursed in London?");
        var names = new List<string>();
        await foreach (var (name, _) in EventStream.ReadAsync(response))
        {
            names.Add(name);
            if (name == "quotations")
            {
                await cluster.KillAsync();
            }
        }

        names.ShouldBe(["started", "quotations", "audit_abort"]);
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using EnterpriseRag.Portal.Tests.Hosting;

namespace EnterpriseRag.Integration.Tests.Api;

public sealed class ApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Question = "What is the limit of the Supplier's liability in each contract year?";

    [Fact]
    public async Task Nothing_but_health_answers_a_stranger()
    {
        using var stranger = api.Host.Client(null);
        var (operations, _) = await OperationsAsync();
        operations.Count.ShouldBeGreaterThan(15);
        foreach (var (method, path) in operations)
        {
            using var request = new HttpRequestMessage(method, new Uri(Fill(path), UriKind.Relative));
            using var response = await stranger.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{method} {path}");
        }

        foreach (var page in new[] { "/", "/documents", "/audit", $"/audit/records/{Guid.Empty}", "/access", "/administration" })
        {
            using var response = await stranger.GetAsync(new Uri(page, UriKind.Relative));
            response.StatusCode.ShouldBe(HttpStatusCode.Redirect, page);
            response.Headers.Location?.ToString().ShouldContain("/sign-in");
        }

        (await stranger.GetAsync(new Uri("openapi/v1.json", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await stranger.PostAsync(new Uri("sign-out", UriKind.Relative), null)).StatusCode.ShouldNotBe(HttpStatusCode.OK);
        (await stranger.GetAsync(new Uri("health/live", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Health_names_every_part_and_no_more()
    {
        using var stranger = api.Host.Client(null);
        var health = await stranger.GetFromJsonAsync<JsonElement>(new Uri("health/ready", UriKind.Relative));
        health.GetProperty("status").GetString().ShouldBeOneOf("ready", "degraded");
        health.GetProperty("parts").EnumerateObject().Select(static p => p.Name).Order().ShouldBe(["audit", "database", "index", "model"]);
    }

    [Theory]
    [InlineData("clara")]
    [InlineData("admin")]
    public async Task Only_readers_ask_search_and_read(string account)
    {
        using var client = string.Equals(account, "admin", StringComparison.Ordinal) ? await AdministratorAsync() : api.Host.Client(account);
        (await client.PostAsJsonAsync(new Uri("api/answers", UriKind.Relative), new { text = Question })).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await client.PostAsJsonAsync(new Uri("api/search", UriKind.Relative), new { text = Question })).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await client.GetAsync(new Uri("api/documents/", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await client.GetAsync(new Uri($"api/documents/{await VersionOfAsync("lena")}/pages/1", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Only_compliance_officers_read_the_ledger()
    {
        using var officer = api.Host.Client("clara");
        using var reader = api.Host.Client("lena");
        (await reader.GetAsync(new Uri("api/audit/records", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var page = await officer.GetFromJsonAsync<JsonElement>(new Uri("api/audit/records?limit=200", UriKind.Relative));
        var records = page.GetProperty("records").EnumerateArray().ToList();
        records.Count.ShouldBeGreaterThan(5);
        records.ShouldAllBe(r => r.GetProperty("proof").GetString() == "proven");
        (await officer.GetAsync(new Uri("api/audit/records?type=nonsense", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Documents_of_a_foreign_matter_are_as_if_they_were_not_there()
    {
        using var lena = api.Host.Client("lena");
        var foreign = await VersionOfAsync("tom");
        (await lena.GetStringAsync(new Uri("api/documents/", UriKind.Relative))).ShouldNotContain("retention-schedule");
        (await lena.GetStringAsync(new Uri("api/matters/", UriKind.Relative))).ShouldNotContain(PortalHost.WalledMatter);
        (await lena.GetAsync(new Uri($"api/documents/{foreign}/pages/1", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await lena.GetAsync(new Uri($"api/documents/{foreign}/pages/1.png", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var form = new MultipartFormDataContent { { new StringContent(PortalHost.WalledMatter), "matter" }, { new StringContent("x"), "files", "x.txt" } };
        (await lena.PostAsync(new Uri("api/documents/", UriKind.Relative), form)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var found = await (await lena.PostAsJsonAsync(new Uri("api/search", UriKind.Relative), new { text = "retention schedule", k = 50 })).Content.ReadAsStringAsync();
        found.ShouldNotContain("retention-schedule");
    }

    [Fact]
    public async Task A_wall_beats_the_membership_at_once()
    {
        using var administrator = await AdministratorAsync();
        var matter = await PostForAsync(administrator, "api/matters/", new { name = "Walled later", purpose = "contract-review", legalBasis = "art6-1-f", retentionClass = "std-12m", recordingLevel = "content" });
        var members = new Uri($"api/matters/{matter.GetProperty("id").GetString()}/members", UriKind.Relative);
        (await administrator.PostAsJsonAsync(members, new { userName = "otto", role = "reader" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var otto = api.Host.Client("otto");
        (await otto.GetStringAsync(new Uri("api/matters/", UriKind.Relative))).ShouldContain("Walled later");
        var walls = new Uri($"api/matters/{matter.GetProperty("id").GetString()}/walls", UriKind.Relative);
        (await administrator.PostAsJsonAsync(walls, new { userName = "otto" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await otto.GetStringAsync(new Uri("api/matters/", UriKind.Relative))).ShouldNotContain("Walled later");
    }

    [Fact]
    public async Task A_matter_that_the_ledger_could_not_write_down_is_refused()
    {
        using var administrator = await AdministratorAsync();
        using var response = await administrator.PostAsJsonAsync(new Uri("api/matters/", UriKind.Relative), new { name = "Free text", purpose = "what we like", legalBasis = "art6-1-f", retentionClass = "std-12m", recordingLevel = "content" });
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadAsStringAsync()).ShouldContain("purpose");
    }

    [Fact]
    public async Task An_answer_streams_its_events_in_order_and_each_is_recorded()
    {
        using var lena = api.Host.Client("lena");
        var events = await EventStream.AskAsync(lena, Question);
        events.Select(static e => e.Name).First().ShouldBe("started");
        events[1].Name.ShouldBe("quotations");
        events[^1].Name.ShouldBe("final");
        var citation = events[1].Data.GetProperty("quotations")[0];
        var request = events[0].Data.GetProperty("request").GetString();
        events[^1].Data.GetProperty("receipt").GetProperty("request").GetString().ShouldBe(request);

        var page = await lena.GetFromJsonAsync<JsonElement>(new Uri(
            $"api/documents/{citation.GetProperty("version").GetString()}/pages/{citation.GetProperty("page").GetInt32()}?start={citation.GetProperty("start").GetInt32()}&length={citation.GetProperty("length").GetInt32()}&request={request}", UriKind.Relative));
        var mark = page.GetProperty("marks")[0];
        page.GetProperty("text").GetString()!.Substring(mark.GetProperty("start").GetInt32(), mark.GetProperty("length").GetInt32()) // the page was found, so it has text
            .ShouldBe(citation.GetProperty("quote").GetString());
        page.GetProperty("boxes").GetArrayLength().ShouldBeGreaterThan(0);

        using var officer = api.Host.Client("clara");
        var records = await officer.GetFromJsonAsync<JsonElement>(new Uri($"api/audit/records?request={request}", UriKind.Relative));
        records.GetProperty("records").EnumerateArray().Select(static r => r.GetProperty("type").GetString()).ShouldBe(["view.open", "response", "context", "request"]);
    }

    [Fact]
    public async Task An_empty_question_is_refused_with_the_reason()
    {
        using var lena = api.Host.Client("lena");
        using var response = await EventStream.StartAsync(lena, "");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("type").GetString().ShouldBe("urn:rag:invalid");
    }

    [Fact]
    public async Task A_search_lists_passages_and_is_recorded()
    {
        using var lena = api.Host.Client("lena");
        var found = await PostForAsync(lena, "api/search", new { text = "hotel costs in London", k = 3 });
        found.GetProperty("passages").GetArrayLength().ShouldBe(3);
        found.GetProperty("passages")[0].GetProperty("documentName").GetString().ShouldBe("travel-policy.html");
        found.GetProperty("receipt").GetProperty("seq").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_revoked_or_made_up_token_opens_nothing()
    {
        using var lena = api.Host.Client("lena");
        var token = (await PostForAsync(lena, "api/tokens/", new { name = "short-lived", days = 1 })).GetProperty("token").GetString();
        using var other = api.Host.Client(null);
        other.DefaultRequestHeaders.Authorization = new("Bearer", token);
        var listed = await other.GetFromJsonAsync<JsonElement>(new Uri("api/tokens/", UriKind.Relative));
        var id = listed.EnumerateArray().Single(static t => t.GetProperty("name").ValueEquals("short-lived")).GetProperty("id").GetString();
        (await other.DeleteAsync(new Uri($"api/tokens/{id}", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await other.GetAsync(new Uri("api/tokens/", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        other.DefaultRequestHeaders.Authorization = new("Bearer", "rag_" + new string('A', 43));
        (await other.GetAsync(new Uri("api/tokens/", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Every_response_carries_the_headers_that_keep_foreign_content_out()
    {
        using var stranger = api.Host.Client(null);
        using var response = await stranger.GetAsync(new Uri("sign-in", UriKind.Relative));
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("script-src 'self'; style-src 'self'");
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("frame-ancestors 'none'");
        response.Headers.GetValues("X-Content-Type-Options").Single().ShouldBe("nosniff");
        response.Headers.CacheControl?.NoStore.ShouldBeTrue();
        (await response.Content.ReadAsStringAsync()).ShouldNotContain("https://");
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task What_is_secret_lies_in_files_of_the_owner_alone()
    {
        var folder = api.Host.DataDirectory;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "secrets"), "*", SearchOption.AllDirectories).Append(Path.Combine(folder, "lena.token")).Append(Path.Combine(folder, "lena.password")))
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
        }

        File.GetUnixFileMode(Path.Combine(folder, "secrets", "cookie-keys")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var log = string.Concat(await Task.WhenAll(Directory.EnumerateFiles(Path.Combine(folder, "logs")).Select(static f => ReadSharedAsync(f))));
        log.ShouldNotContain(api.Host.Password("admin"));
        log.ShouldNotContain("framework-services-agreement");
        log.ShouldNotContain("liability in each");
    }

    private static async Task<string> ReadSharedAsync(string path)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite); // the host writes to it
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private async Task<(List<(HttpMethod Method, string Path)> Operations, JsonElement Document)> OperationsAsync()
    {
        using var lena = api.Host.Client("lena");
        var document = await lena.GetFromJsonAsync<JsonElement>(new Uri("openapi/v1.json", UriKind.Relative));
        var operations = document.GetProperty("paths").EnumerateObject()
            .SelectMany(static path => path.Value.EnumerateObject().Where(static o => o.Name is "get" or "post" or "put" or "delete" or "patch").Select(o => (new HttpMethod(o.Name.ToUpperInvariant()), path.Name)))
            .Where(static o => !o.Name.StartsWith("/health", StringComparison.Ordinal))
            .ToList();
        return (operations, document);
    }

    private static string Fill(string path) => path.Replace("{page}", "1", StringComparison.Ordinal).Replace("{document}", $"{Guid.Empty}", StringComparison.Ordinal)
        .Replace("{version}", $"{Guid.Empty}", StringComparison.Ordinal).Replace("{matter}", $"{Guid.Empty}", StringComparison.Ordinal).Replace("{id}", $"{Guid.Empty}", StringComparison.Ordinal);

    private async Task<string> VersionOfAsync(string account)
    {
        using var client = api.Host.Client(account);
        return (await client.GetFromJsonAsync<JsonElement>(new Uri("api/documents/", UriKind.Relative)))[0].GetProperty("version").GetString()!; // the fixture made one
    }

    private static async Task<JsonElement> PostForAsync(HttpClient client, string path, object body)
    {
        using var response = await client.PostAsJsonAsync(new Uri(path, UriKind.Relative), body);
        response.IsSuccessStatusCode.ShouldBeTrue(await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The administrator has no token file: signs in by the form, as a person does.</summary>
    private async Task<HttpClient> AdministratorAsync()
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = api.Host.Url };
        var form = await client.GetStringAsync(new Uri("sign-in", UriKind.Relative));
        var token = form.Split("__RequestVerificationToken\" value=\"")[1].Split('"')[0];
        using var signIn = await client.PostAsync(new Uri("sign-in", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["__RequestVerificationToken"] = token,
            ["_handler"] = "sign-in",
            ["Input.User"] = "admin",
            ["Input.Password"] = api.Host.Password("admin"),
        }));
        signIn.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "same-origin");
        return client;
    }
}

using System.Net;
using System.Net.Http.Json;

namespace EnterpriseRag.Integration.Tests.Api;

public sealed class CrossSiteTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "https://example.org", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.OK)]
    public async Task A_write_with_a_cookie_must_come_from_the_portal_itself(string header, string value, HttpStatusCode expected)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = api.Host.Url };
        var form = await client.GetStringAsync(new Uri("sign-in", UriKind.Relative));
        using var signIn = await client.PostAsync(new Uri("sign-in", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["__RequestVerificationToken"] = form.Split("__RequestVerificationToken\" value=\"")[1].Split('"')[0],
            ["_handler"] = "sign-in",
            ["Input.User"] = "lena",
            ["Input.Password"] = api.Host.Password("lena"),
        }));
        signIn.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        client.DefaultRequestHeaders.Add(header, value);
        (await client.PostAsJsonAsync(new Uri("api/search", UriKind.Relative), new { text = "travel" })).StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task A_request_for_a_foreign_host_name_is_refused()
    {
        using var client = api.Host.Client(null);
        client.DefaultRequestHeaders.Host = "attacker.example";
        (await client.GetAsync(new Uri("sign-in", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }
}

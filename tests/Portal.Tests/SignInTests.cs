using Microsoft.Playwright;

namespace EnterpriseRag.Portal.Tests;

public sealed class SignInTests(PortalFixture portal)
{
    [Theory]
    [InlineData("en", "Sign in", "What is recorded")]
    [InlineData("de", "Anmelden", "Was aufgezeichnet wird")]
    public async Task A_visitor_meets_the_sign_in_page_with_the_recording_notice(string language, string title, string notice)
    {
        var page = await portal.VisitAsync(null, language);
        (await page.InnerTextAsync("h1")).ShouldBe(title);
        (await page.InnerTextAsync(".notice h2")).Trim().ShouldBe(notice);
        (await page.GetAttributeAsync("html", "lang")).ShouldBe(language);
        await PortalFixture.ShootAsync(page, $"sign-in-{language}");
    }

    [Fact]
    public async Task A_wrong_password_is_refused_without_saying_what_was_wrong()
    {
        var page = await portal.VisitAsync(null);
        await page.FillAsync("#user", "otto");
        await page.FillAsync("#password", "not-the-password");
        await page.ClickAsync("button.primary");
        (await page.InnerTextAsync("[role=alert]")).ShouldBe("The user name or the password is wrong.");
    }

    [Fact]
    public async Task The_language_switch_stays_with_the_visitor()
    {
        var page = await portal.VisitAsync(null, "en");
        await page.ClickAsync(".languages a[lang=de]");
        (await page.InnerTextAsync("h1")).ShouldBe("Anmelden");
        await page.GotoAsync("/sign-in");
        (await page.InnerTextAsync("h1")).ShouldBe("Anmelden");
    }

    [Fact]
    public async Task Signing_out_ends_the_session()
    {
        var page = await portal.VisitAsync("lena");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.WaitForURLAsync("**/sign-in**");
        await page.GotoAsync("/documents");
        page.Url.ShouldContain("/sign-in");
    }

    [Theory]
    [InlineData("en", "Your role does not permit this page")]
    [InlineData("de", "Ihre Rolle erlaubt diese Seite nicht")]
    public async Task The_administrator_reads_no_content(string language, string title)
    {
        var page = await portal.VisitAsync("admin", language);
        page.Url.ShouldEndWith("/administration");
        await page.GotoAsync("/documents");
        (await page.InnerTextAsync("h1")).ShouldBe(title);
        (await page.Locator("#question").CountAsync()).ShouldBe(0);
        await page.GotoAsync("/administration");
        await PortalFixture.ShootAsync(page, $"administration-{language}");
        (await page.InnerTextAsync("main")).ShouldContain("lena");
    }

    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    public async Task A_token_is_shown_once_and_opens_the_api(string language)
    {
        var page = await portal.VisitAsync("lena", language);
        await page.GotoAsync("/access");
        await page.FillAsync("input[name='NewToken.Name']", "notebook");
        await page.ClickAsync("form button.primary");
        var token = await page.InnerTextAsync("#new-token");
        await PortalFixture.ShootAsync(page, $"access-{language}");
        using var client = portal.Host.Client(null);
        client.DefaultRequestHeaders.Authorization = new("Bearer", token.Trim());
        (await client.GetAsync(new Uri("api/matters/", UriKind.Relative))).IsSuccessStatusCode.ShouldBeTrue();
        await page.GotoAsync("/access");
        (await page.Locator("#new-token").CountAsync()).ShouldBe(0);
    }
}

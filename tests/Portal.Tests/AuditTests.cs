namespace EnterpriseRag.Portal.Tests;

public sealed class AuditTests(PortalFixture portal)
{
    [Theory]
    [InlineData("en", "verified", "Writing")]
    [InlineData("de", "geprüft", "Schreibt")]
    public async Task The_officer_sees_records_whose_proofs_hold(string language, string verified, string writing)
    {
        var page = await portal.VisitAsync("clara", language);
        await page.GotoAsync("/audit");
        (await page.InnerTextAsync(".light")).ShouldBe(writing);
        var proofs = await page.Locator(".proof").AllInnerTextsAsync();
        proofs.Count.ShouldBeGreaterThan(5);
        proofs.ShouldAllBe(p => p.Trim() == verified);
        await PortalFixture.ShootAsync(page, $"audit-{language}");
        await page.Locator("tbody a").First.ClickAsync();
        await page.Locator(".detail pre").WaitForAsync();
        (await page.InnerTextAsync(".detail pre")).ShouldContain("\"type\"");
        await PortalFixture.ShootAsync(page, $"audit-record-{language}");
    }

    [Fact]
    public async Task Looking_at_the_ledger_is_recorded()
    {
        var page = await portal.VisitAsync("clara");
        await page.GotoAsync("/audit?type=auth");
        (await page.InnerTextAsync("tbody")).ShouldContain("audit.view");
    }

    [Fact]
    public async Task A_reader_does_not_see_the_ledger()
    {
        var page = await portal.VisitAsync("lena");
        await page.GotoAsync("/audit");
        (await page.InnerTextAsync("h1")).ShouldBe("Your role does not permit this page");
        (await page.Locator("nav a[href='/audit']").CountAsync()).ShouldBe(0);
    }
}

using EnterpriseRag.Portal.Tests.Hosting;
using Microsoft.Playwright;

namespace EnterpriseRag.Portal.Tests;

public sealed class DocumentsTests(PortalFixture portal)
{
    [Theory]
    [InlineData("en", "retention-schedule.md", "ready", "Open")]
    [InlineData("de", "leistungsbeschreibung-servicedesk.md", "bereit", "Öffnen")]
    public async Task An_uploaded_file_becomes_ready_and_opens(string language, string file, string ready, string open)
    {
        var page = await portal.VisitAsync("lena", language);
        await page.GotoAsync("/documents");
        await page.SetInputFilesAsync("#files", PortalHost.Sample(file));
        var row = page.Locator("#rows tr", new() { HasText = file });
        await Assertions.Expect(row.Locator(".pill")).ToHaveTextAsync(ready, new() { Timeout = 60_000 });
        await PortalFixture.ShootAsync(page, $"documents-{language}");
        await row.GetByRole(AriaRole.Button, new() { Name = open }).ClickAsync();
        await page.Locator(".viewer .page-text").WaitForAsync();
        (await page.InnerTextAsync(".viewer h2")).ShouldBe(file);
    }

    [Theory]
    [InlineData("en", "The file is empty. Check the original, then upload it again.")]
    [InlineData("de", "Die Datei ist leer. Prüfen Sie das Original und laden Sie es erneut hoch.")]
    public async Task A_file_that_cannot_be_read_says_why_and_can_be_deleted(string language, string reason)
    {
        var page = await portal.VisitAsync("lena", language);
        await page.GotoAsync("/documents");
        var name = $"empty-{language}.txt";
        await page.SetInputFilesAsync("#files", new FilePayload { Name = name, MimeType = "text/plain", Buffer = [] });
        var row = page.Locator("#rows tr", new() { HasText = name });
        await Assertions.Expect(row.Locator(".reason")).ToHaveTextAsync(reason, new() { Timeout = 60_000 });
        await PortalFixture.ShootAsync(page, $"documents-failed-{language}");
        await row.Locator("button").Last.ClickAsync();
        await page.ClickAsync(".confirm .danger");
        await Assertions.Expect(row).ToHaveCountAsync(0, new() { Timeout = 60_000 });
    }

    [Fact]
    public async Task Nobody_sees_titles_of_a_matter_that_is_not_theirs()
    {
        var page = await portal.VisitAsync("tom");
        await page.GotoAsync("/documents");
        await page.Locator("#empty:not([hidden])").WaitForAsync();
        (await page.Locator("#rows tr").CountAsync()).ShouldBe(0);
        (await page.InnerTextAsync("main")).ShouldNotContain("framework");
    }
}

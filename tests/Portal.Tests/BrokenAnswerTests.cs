using Microsoft.Playwright;

namespace EnterpriseRag.Portal.Tests;

/// <summary>What the Ask page makes of answers that end badly or carry markup: the wire is played, because a real ledger cannot be told when to fail.</summary>
public sealed class BrokenAnswerTests(PortalFixture portal)
{
    private const string Started = """
        event: started
        data: {"request":"01a202a4-8970-7195-800b-2ee7d2e66174","language":"en"}


        """;

    private const string Quotations = """
        event: quotations
        data: {"heading":"The documents say:","quotations":[{"number":1,"document":"01a202a4-8970-7195-800b-2ee7d2e66174","version":"01a202a4-8970-7195-800b-2ee7d2e66174","documentName":"<b>a</b>.pdf","page":1,"start":0,"length":5,"headingPath":[],"quote":"<img src=x onerror=document.title='owned'>","passage":"<script>document.title='owned'</script>","ordinal":0,"looksLikeInstruction":true}]}


        """;

    [Theory]
    [InlineData("en", "The answer is void: the audit ledger stopped writing")]
    [InlineData("de", "Die Antwort ist ungültig: Das Prüfprotokoll kann nicht mehr schreiben")]
    public async Task When_the_ledger_stops_during_an_answer_the_page_says_why(string language, string words)
    {
        var page = await AskAsync(language, 200, Started + Quotations + "event: audit_abort\ndata: {\"message\":\"x\"}\n\n");
        (await page.InnerTextAsync(".alert-title")).Trim().ShouldBe(words);
        (await page.Locator(".answer.void .receipt").CountAsync()).ShouldBe(0);
        await PortalFixture.ShootAsync(page, $"audit-abort-{language}");
    }

    [Theory]
    [InlineData("en", "Not available: the audit ledger cannot write")]
    [InlineData("de", "Nicht verfügbar: Das Prüfprotokoll kann nicht schreiben")]
    public async Task When_the_ledger_is_down_the_page_says_that_nothing_was_searched(string language, string words)
    {
        var page = await AskAsync(language, 503, """{"type":"urn:rag:audit-unavailable","title":"The audit ledger cannot write.","status":503}""");
        (await page.InnerTextAsync(".alert-title")).Trim().ShouldBe(words);
    }

    [Fact]
    public async Task A_stream_that_just_ends_is_not_taken_for_a_complete_answer()
    {
        var page = await AskAsync("en", 200, Started + Quotations);
        (await page.InnerTextAsync(".answer .alert")).ShouldContain("broke off");
    }

    [Fact]
    public async Task Markup_in_documents_is_shown_as_text()
    {
        var page = await AskAsync("en", 200, Started + Quotations + "event: audit_abort\ndata: {\"message\":\"x\"}\n\n");
        (await page.InnerTextAsync("blockquote")).ShouldStartWith("<img src=x");
        (await page.InnerTextAsync(".source-name")).ShouldBe("<b>a</b>.pdf");
        (await page.InnerTextAsync(".source-passage")).ShouldContain("<script>");
        (await page.InnerTextAsync(".source-warn")).ShouldContain("reads like an instruction");
        (await page.TitleAsync()).ShouldNotBe("owned");
    }

    private async Task<IPage> AskAsync(string language, int status, string body)
    {
        var page = await portal.VisitAsync("lena", language);
        await page.RouteAsync("**/api/answers", route => route.FulfillAsync(new()
        {
            Status = status,
            ContentType = status == 200 ? "text/event-stream" : "application/problem+json",
            Body = body.ReplaceLineEndings("\n"),
        }));
        await page.FillAsync("#question", "Anything?");
        await page.ClickAsync("#send");
        await page.Locator(".answer .alert").WaitForAsync();
        return page;
    }
}

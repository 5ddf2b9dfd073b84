using Microsoft.Playwright;

namespace EnterpriseRag.Portal.Tests;

public sealed class AskTests(PortalFixture portal)
{
    private const string English = "What is the limit of the Supplier's liability in each contract year?";
    private const string German = "Mit welcher Frist kann das Arbeitsverhältnis nach der Probezeit gekündigt werden?";

    [Theory]
    [InlineData("en", English, "EUR 750,000")]
    [InlineData("de", German, "")]
    public async Task A_question_brings_quotations_with_sources_and_a_receipt(string language, string question, string words)
    {
        var page = await portal.VisitAsync("lena", language);
        await AskAsync(page, question);
        (await page.Locator(".quotations li").CountAsync()).ShouldBeInRange(1, 3);
        (await page.InnerTextAsync(".quotations")).ShouldContain(words);
        (await page.Locator("#sources .source").CountAsync()).ShouldBe(await page.Locator(".quotations li").CountAsync());
        (await page.InnerTextAsync(".receipt-text")).ShouldMatch(string.Equals(language, "de", StringComparison.Ordinal) ? "Aufgezeichnet: Eintrag \\d+" : "Recorded: entry \\d+");
        await PortalFixture.ShootAsync(page, $"ask-{language}");
    }

    [Fact]
    public async Task The_page_is_readable_in_the_dark()
    {
        var page = await portal.VisitAsync("lena", "de", ColorScheme.Dark);
        await AskAsync(page, German);
        await PortalFixture.ShootAsync(page, "ask-de-dark");
        (await page.EvaluateAsync<string>("getComputedStyle(document.documentElement).backgroundColor")).ShouldBe("rgb(18, 22, 29)");
    }

    [Theory]
    [InlineData("en", English)]
    [InlineData("de", "Wie hoch ist die monatliche Miete der Gewerberäume?")]
    public async Task A_citation_opens_the_printed_page_with_the_passage_marked(string language, string question)
    {
        var page = await portal.VisitAsync("lena", language);
        await AskAsync(page, question);
        await page.Locator(".source:has-text('.pdf')").First.ClickAsync();
        var mark = page.Locator(".viewer .page-image .mark").First;
        await mark.WaitForAsync();
        var box = await mark.BoundingBoxAsync();
        box.ShouldNotBeNull();
        box.Width.ShouldBeGreaterThan(20);
        (await page.InnerTextAsync(".viewer-record")).ShouldMatch("\\d+");
        await PortalFixture.ShootAsync(page, $"viewer-{language}");
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator(".viewer")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_citation_without_printed_pages_opens_the_text_with_the_words_marked()
    {
        var page = await portal.VisitAsync("lena", "en");
        await AskAsync(page, "Up to what amount are hotel costs reimbursed in London?");
        await page.Locator(".quotations .ref").First.ClickAsync();
        var mark = page.Locator(".viewer .page-text mark");
        await mark.WaitForAsync();
        var quote = await page.Locator(".quotations blockquote").First.InnerTextAsync();
        quote.ShouldContain((await mark.InnerTextAsync()).Trim());
        await PortalFixture.ShootAsync(page, "viewer-text-en");
    }

    [Theory]
    [InlineData("en", "How many moons does Jupiter have?", "Not in the documents")]
    [InlineData("de", "Wie viele Monde hat der Jupiter?", "Nicht in den Dokumenten")]
    public async Task What_is_not_in_the_documents_is_said_to_be_not_in_the_documents(string language, string question, string words)
    {
        var page = await portal.VisitAsync("lena", language);
        await AskAsync(page, question);
        (await page.InnerTextAsync(".declined-title")).Trim().ShouldBe(words);
        await PortalFixture.ShootAsync(page, $"declined-{language}");
    }

    [Fact]
    public async Task An_answer_is_copied_with_its_citations()
    {
        var page = await portal.VisitAsync("lena", "en");
        await AskAsync(page, English);
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy with citations" }).ClickAsync();
        await Assertions.Expect(page.Locator(".copied")).ToHaveTextAsync("Copied");
        var text = await page.EvaluateAsync<string>("navigator.clipboard.readText()");
        text.ShouldStartWith(English);
        text.ShouldContain("[1] ");
        text.ShouldContain("page ");
    }

    [Fact]
    public async Task The_whole_way_works_with_the_keyboard_alone()
    {
        var page = await portal.VisitAsync("lena", "en");
        await page.Keyboard.TypeAsync(English); // the question box has the focus
        await page.Keyboard.PressAsync("Control+Enter");
        await page.Locator(".receipt").WaitForAsync();
        await page.Locator(".quotations .ref").First.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator(".viewer .mark, .viewer mark").First.WaitForAsync();
        await page.Keyboard.PressAsync("Escape");
        (await page.EvaluateAsync<string>("document.activeElement.className")).ShouldBe("ref");
        (await page.InnerTextAsync("#announce")).ShouldBe("The answer is complete.");
    }

    [Fact]
    public async Task No_request_leaves_the_server_and_no_script_or_style_is_refused()
    {
        var page = await portal.VisitAsync("lena", "en");
        var foreign = new List<string>();
        var complaints = new List<string>();
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(portal.Host.Url.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                foreign.Add(request.Url);
            }
        };
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                complaints.Add(message.Text);
            }
        };
        foreach (var path in new[] { "/", "/documents", "/access" })
        {
            await page.GotoAsync(path);
        }

        await page.GotoAsync("/");
        await AskAsync(page, English);
        await page.Locator(".source").First.ClickAsync();
        await page.Locator(".viewer .mark, .viewer mark").First.WaitForAsync();
        foreign.ShouldBeEmpty();
        complaints.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("en", "Stopped. What was shown is recorded.")]
    [InlineData("de", "Angehalten. Was gezeigt wurde, ist aufgezeichnet.")]
    public async Task Stop_ends_an_answer_at_once(string language, string words)
    {
        var page = await portal.VisitAsync("lena", language);
        await page.FillAsync("#question", English);
        await page.ClickAsync("#send");
        await page.ClickAsync("#stop");
        await Assertions.Expect(page.Locator(".answer .alert")).ToHaveTextAsync(words);
        await Assertions.Expect(page.Locator("#send")).ToBeEnabledAsync();
    }

    private static async Task AskAsync(IPage page, string question)
    {
        await page.FillAsync("#question", question);
        await page.ClickAsync("#send");
        await page.Locator(".answer .receipt, .answer .alert").First.WaitForAsync();
        (await page.Locator(".answer .alert").AllInnerTextsAsync()).ShouldBeEmpty();
    }
}

using System.Text;
using EnterpriseRag.Ingestion.Extract;
using Shouldly;

namespace EnterpriseRag.Ingestion.Tests.Extract;

public sealed class TextFormatTests : IDisposable
{
    private readonly Extractors _extractors = new();

    public void Dispose() => _extractors.Dispose();

    [Fact]
    public async Task Html_gives_headings_lists_and_tables_and_no_script()
    {
        var text = await _extractors.TextAsync(
            "policy.html",
            """
            <!doctype html><html><head><title>t</title><style>p{color:red}</style></head><body><script>alert('no')</script>
            <h1>Travel policy</h1><p>Book <b>early</b>.<p>Second&nbsp;paragraph.
            <h2>Limits</h2><ol><li>Hotel: 150&nbsp;EUR<li><p>Meals: 40 EUR</p></ol>
            <table><tr><th>City</th><th>Cap</th></tr><tr><td>Bonn</td><td>120</td></tr></table></body></html>
            """u8.ToArray());

        text.BlockTexts().ShouldBe(["Travel policy", "Book early.", "Second paragraph.", "Limits", "1. Hotel: 150 EUR", "2. Meals: 40 EUR", "City | Cap\nBonn | 120"]);
        text.Blocks[4].HeadingPath.ShouldBe(["Travel policy", "Limits"]);
        text.Pages.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(300_000)]
    public async Task Deep_html_is_refused_with_a_reason(int depth)
    {
        var html = string.Concat(Enumerable.Repeat("<div><b>", depth)) + "x";

        (await _extractors.FailureAsync("deep.html", Encoding.UTF8.GetBytes(html))).Code.ShouldBe(FailureCodes.TooComplex);
    }

    [Fact]
    public async Task Markdown_keeps_headings_items_and_tables()
    {
        var text = await _extractors.TextAsync("a.md", "# Handbuch\n\n## Urlaub\n\n- 30 Tage im Jahr\n- Resturlaub bis 31. März\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"u8.ToArray());

        text.BlockTexts().ShouldBe(["Handbuch", "Urlaub", "30 Tage im Jahr", "Resturlaub bis 31. März", "a | b\n1 | 2"]);
        text.Blocks[2].HeadingPath.ShouldBe(["Handbuch", "Urlaub"]);
    }

    [Fact]
    public async Task Windows_1252_and_utf16_are_read()
    {
        var latin = CodePagesEncodingProvider.Instance.GetEncoding(1252)!; // 1252 is always there

        (await _extractors.TextAsync("a.txt", latin.GetBytes("Gebühr: 5 € – für Prüfung"))).Text.ShouldBe("Gebühr: 5 € – für Prüfung");
        (await _extractors.TextAsync("a.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("Prüfung")])).Text.ShouldBe("Prüfung");
        (await _extractors.TextAsync("a.txt", [0xEF, 0xBB, 0xBF, .. "Prüfung"u8])).Text.ShouldBe("Prüfung");
    }

    [Fact]
    public async Task Wrapped_plain_text_is_joined_and_clauses_stand_alone()
    {
        const string Wrapped = """
            § 5 Kündigung

            Der Vertrag kann mit einer Frist von drei
            Monaten gekündigt werden. Die Kündigung
            bedarf der Schriftform.

            (1) Erster Fall;
            (2) zweiter Fall.
            """;

        var text = await _extractors.TextAsync("a.txt", Encoding.UTF8.GetBytes(Wrapped));

        text.BlockTexts().ShouldBe(["§ 5 Kündigung", "Der Vertrag kann mit einer Frist von drei Monaten gekündigt werden. Die Kündigung bedarf der Schriftform.", "(1) Erster Fall;", "(2) zweiter Fall."]);
        text.Blocks[1].HeadingPath.ShouldBe(["§ 5 Kündigung"]);
    }

    [Fact]
    public async Task A_mail_gives_headers_and_the_html_body_as_text()
    {
        var mail = "From: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>\r\nTo: Anna <anna@example.org>\r\nDate: Mon, 3 Feb 2025 10:00:00 +0100\r\nSubject: =?utf-8?q?K=C3=BCndigung?=\r\nMIME-Version: 1.0\r\n"
            + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            + "<p>Hiermit k=C3=BCndige ich.</p><script>x()</script>\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nxx\r\n--b--\r\n";

        var text = await _extractors.TextAsync("a.eml", Encoding.ASCII.GetBytes(mail));

        text.BlockTexts().ShouldBe(["Kündigung", "From: Jörg <joerg@example.org>", "To: Anna <anna@example.org>", "Date: Mon, 03 Feb 2025 10:00:00 +0100", "Hiermit kündige ich."]);
    }

    [Theory]
    [InlineData("empty.pdf", "", FailureCodes.Empty)]
    [InlineData("empty.txt", " \n\t ", FailureCodes.Empty)]
    [InlineData("fake.pdf", "<html><body>no</body></html>", FailureCodes.WrongType)]
    [InlineData("fake.docx", "just text", FailureCodes.WrongType)]
    [InlineData("fake.txt", "%PDF-1.4 text", FailureCodes.WrongType)]
    [InlineData("fake.eml", "no headers here", FailureCodes.WrongType)]
    [InlineData("sheet.xlsx", "a;b", FailureCodes.Unsupported)]
    [InlineData("dots.txt", "... --- ...", FailureCodes.NoText)]
    public async Task What_cannot_be_read_ends_with_a_code_and_what_to_do(string name, string content, string code)
    {
        var failure = await _extractors.FailureAsync(name, Encoding.UTF8.GetBytes(content));

        failure.Code.ShouldBe(code);
        failure.Detail.ShouldEndWith(".");
        failure.Detail.ShouldNotContain(name);
        ExtractionFailure.Parse(failure.ToString()).ShouldBe(failure);
    }

    [Fact]
    public async Task Binary_junk_never_crashes()
    {
        var random = new Random(7);
        string[] names = ["a.pdf", "a.docx", "a.html", "a.md", "a.txt", "a.eml", "a"];
        byte[][] starts = ["%PDF-1.7\n"u8.ToArray(), "PK\u0003\u0004word/document"u8.ToArray(), [], "From: a\n"u8.ToArray(), "<html>"u8.ToArray()];
        for (var i = 0; i < 60; i++)
        {
            var junk = new byte[random.Next(1, 4000)];
            random.NextBytes(junk);
            byte[] file = [.. starts[i % starts.Length], .. junk];

            var extraction = await _extractors.Extractor.ExtractAsync(names[i % names.Length], file, TestContext.Current.CancellationToken);

            (extraction.Text is null).ShouldBe(extraction.Failure is not null);
        }
    }
}

using System.Diagnostics;
using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion.Extract;
using Shouldly;

namespace EnterpriseRag.Ingestion.Tests.Extract;

public sealed class PdfExtractorTests : IDisposable
{
    private readonly Extractors _extractors = new();

    public void Dispose() => _extractors.Dispose();

    [Fact]
    public async Task Every_word_stands_in_its_rectangle_on_its_page()
    {
        var pdf = HandMadePdf.FromPages(
            [new PdfTextLine(72, 700, 12, "The first page speaks of apples.")],
            [new PdfTextLine(72, 700, 12, "The second page names"), new PdfTextLine(200, 400, 12, "Quittenbrot")]);

        var text = await _extractors.TextAsync("words.pdf", pdf);

        text.Pages.Count.ShouldBe(2);
        (text.Pages[1].Width, text.Pages[1].Height).ShouldBe((HandMadePdf.PageWidth, HandMadePdf.PageHeight));
        var at = text.Text.IndexOf("Quittenbrot", StringComparison.Ordinal);
        text.PageAt(at).ShouldBe(2);
        var box = text.Boxes.Single(b => b.Start == at);
        (box.Length, box.Page).ShouldBe(("Quittenbrot".Length, 2));
        box.X.ShouldBe(200, 1);
        // The baseline is at 842 - 400 from the top; the rectangle holds it.
        box.Y.ShouldBeLessThan(442);
        (box.Y + box.Height).ShouldBeGreaterThan(442);
        text.Boxes.ShouldAllBe(b => text.Text.Substring(b.Start, b.Length).All(c => !char.IsWhiteSpace(c)));
    }

    [Fact]
    public async Task Lines_become_paragraphs_and_broken_words_are_joined()
    {
        var pdf = HandMadePdf.FromLines(
            [
                "Die ordentliche Kündi-", "gung ist nur zum Ende eines Kalenderviertel-", "jahres zulässig; für Bau-", "und Werkverträge gilt die E-", "Mail vom Vortag.",
            ]);

        var text = await _extractors.TextAsync("a.pdf", pdf);

        text.BlockTexts().ShouldBe(["Die ordentliche Kündigung ist nur zum Ende eines Kalendervierteljahres zulässig; für Bau- und Werkverträge gilt die E-Mail vom Vortag."]);
        var at = text.Text.IndexOf("Kündigung", StringComparison.Ordinal);
        text.Boxes.Where(b => b.Start >= at && b.Start < at + 9).Select(b => text.Text.Substring(b.Start, b.Length)).ShouldBe(["Kündi", "gung"]);
    }

    [Fact]
    public async Task A_text_without_hyphenation_keeps_the_hyphens_of_its_compounds()
    {
        string[] lines = [.. Enumerable.Range(0, 45).Select(i => $"Line number {i} ends with a plain word"), "in a common machine-", "readable format within a month."];

        var text = await _extractors.TextAsync("a.pdf", HandMadePdf.FromLines(lines));

        text.Text.ShouldContain("machine-readable format");
    }

    [Fact]
    public async Task Numbered_headings_give_the_heading_path()
    {
        var pdf = HandMadePdf.FromPages(
            [
                new PdfTextLine(72, 780, 20, "Framework Agreement"),
                new PdfTextLine(72, 730, 11, "1. Definitions"),
                new PdfTextLine(72, 700, 11, "In this agreement the words below have the meaning given to them."),
                new PdfTextLine(72, 670, 11, "2. Term"),
                new PdfTextLine(72, 640, 11, "2.1"), new PdfTextLine(110, 640, 11, "This agreement runs for two years from the date of signature."),
            ]);

        var text = await _extractors.TextAsync("a.pdf", pdf);

        text.Block("In this agreement the words below have the meaning given to them.").HeadingPath.ShouldBe(["Framework Agreement", "1. Definitions"]);
        text.Block("2.1 This agreement runs for two years from the date of signature.").HeadingPath.ShouldBe(["Framework Agreement", "2. Term"]);
    }

    [Fact]
    public async Task Running_headers_and_page_numbers_are_dropped_and_a_paragraph_runs_over_the_page_end()
    {
        PdfTextLine[] Page(int number, string body) =>
            [new PdfTextLine(72, 810, 9, "Confidential draft of ACME"), new PdfTextLine(72, 700, 11, body), new PdfTextLine(290, 30, 9, $"Page {number} of 4")];
        var pdf = HandMadePdf.FromPages(Page(1, "The seller delivers the goods and"), Page(2, "the buyer pays for them within thirty days."), Page(3, "Third page."), Page(4, "Fourth page."));

        var text = await _extractors.TextAsync("a.pdf", pdf);

        text.BlockTexts().ShouldBe(["The seller delivers the goods and the buyer pays for them within thirty days.", "Third page.", "Fourth page."]);
        text.PageAt(text.Text.IndexOf("the buyer", StringComparison.Ordinal)).ShouldBe(2);
        text.Pages.Select(p => p.Start).ShouldBe([0, text.Text.IndexOf("the buyer", StringComparison.Ordinal), text.Text.IndexOf("Third", StringComparison.Ordinal), text.Text.IndexOf("Fourth", StringComparison.Ordinal)]);
    }

    [Fact]
    public async Task A_page_without_text_keeps_the_numbers_of_the_others()
    {
        var text = await _extractors.TextAsync("a.pdf", HandMadePdf.FromPages([], [new PdfTextLine(72, 700, 11, "On page two.")], []));

        text.Pages.Select(p => p.Length).ShouldBe([0, "On page two.".Length, 0]);
        text.Blocks.Single().Page.ShouldBe(2);
    }

    [Fact]
    public async Task A_scan_is_refused_with_what_to_do()
    {
        var failure = await _extractors.FailureAsync("scan.pdf", HandMadePdf.FromPages(Array.Empty<PdfTextLine>()));

        failure.Code.ShouldBe(FailureCodes.NeedsOcr);
        failure.Detail.ShouldContain("searchable PDF");
    }

    [Fact]
    public async Task An_encrypted_file_is_refused_with_what_to_do()
    {
        // A standard security handler whose password check no password passes.
        const string Handler = "/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef> /U <fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210> >> /ID [<00> <00>]";
        var pdf = System.Text.Encoding.Latin1.GetString(HandMadePdf.FromLines(["secret"])).Replace("trailer\n<<", "trailer\n<< " + Handler);

        var failure = await _extractors.FailureAsync("locked.pdf", System.Text.Encoding.Latin1.GetBytes(pdf));

        failure.Code.ShouldBe(FailureCodes.Encrypted);
        failure.Detail.ShouldContain("without the password");
    }

    [Fact]
    public async Task A_truncated_file_is_refused_even_where_a_viewer_would_guess()
    {
        var pdf = HandMadePdf.FromLines(["First page."], ["Second page."], ["Third page."]);

        (await _extractors.FailureAsync("cut.pdf", pdf[..(pdf.Length / 2)])).Code.ShouldBe(FailureCodes.Truncated);
    }

    [Fact]
    public async Task More_pages_than_allowed_are_refused_before_text_is_read()
    {
        using var strict = new Extractors(o => o.MaxPages = 2);

        (await strict.FailureAsync("long.pdf", HandMadePdf.FromLines(["a"], ["b"], ["c"]))).Code.ShouldBe(FailureCodes.TooManyPages);
    }

    [Fact]
    public async Task Two_hundred_pages_take_seconds()
    {
        var page = Enumerable.Range(0, 45).Select(i => $"Clause {i} of this page obliges the supplier to deliver the goods in good time.").ToArray();
        var pdf = HandMadePdf.FromLines([.. Enumerable.Range(0, 200).Select(_ => page)]);
        var watch = Stopwatch.StartNew();

        var text = await _extractors.TextAsync("long.pdf", pdf);

        text.Pages.Count.ShouldBe(200);
        TestContext.Current.SendDiagnosticMessage($"{200 / watch.Elapsed.TotalSeconds:F0} pages/s");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(30)); // some 2 s on an idle machine
    }

    [Fact]
    public async Task A_page_is_rendered_as_png_and_a_missing_page_is_a_failure()
    {
        var pdf = HandMadePdf.FromLines(["Visible."]);

        var png = await _extractors.Renderer.RenderPageAsync(pdf, 1, 72, TestContext.Current.CancellationToken);
        var missing = await _extractors.Renderer.RenderPageAsync(pdf, 9, 72, TestContext.Current.CancellationToken);

        png.Value.AsSpan(0, 4).ToArray().ShouldBe(new byte[] { 0x89, 0x50, 0x4E, 0x47 });
        System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.Value.AsSpan(16)).ShouldBe((int)HandMadePdf.PageWidth);
        missing.Failure.ShouldNotBeNull().Kind.ShouldBe(FailureKind.Invalid);
    }
}

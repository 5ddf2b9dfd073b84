using System.IO.Compression;
using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;
using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Storage.Documents;
using Shouldly;

namespace EnterpriseRag.Ingestion.Tests.Extract;

public sealed class OfficeExtractorTests : IDisposable
{
    private readonly Extractors _extractors = new();

    public void Dispose() => _extractors.Dispose();

    [Fact]
    public async Task Numbers_are_shown_as_Word_shows_them_and_German_styles_are_headings()
    {
        var docx = Word(
            Styled("berschrift1", "Mietvertrag"),
            Listed(0, "Mietzeit", bold: true), Listed(1, "Die Miete beginnt am 1. März 2025."), Listed(2, "mit Übergabe"), Listed(2, "mit Zahlung"),
            Listed(0, "Kündigung", bold: true), Listed(1, "Die Kündigungsfrist beträgt drei Monate zum Monatsende."));

        var text = await _extractors.TextAsync("vertrag.docx", docx);

        text.BlockTexts().ShouldBe(["Mietvertrag", "1. Mietzeit", "1.1 Die Miete beginnt am 1. März 2025.", "(a) mit Übergabe", "(b) mit Zahlung", "2. Kündigung", "2.1 Die Kündigungsfrist beträgt drei Monate zum Monatsende."]);
        text.Blocks[^1].HeadingPath.ShouldBe(["Mietvertrag", "2. Kündigung"]);
        text.Blocks[3].Kind.ShouldBe(BlockKind.ListItem);
    }

    [Fact]
    public async Task Tables_become_rows_and_tracked_deletions_are_left_out()
    {
        var table = new Table(
            new TableRow(Cell("Leistung"), Cell("Preis")),
            new TableRow(Cell("Wartung"), Cell("1.200 EUR")));
        var changed = new Paragraph(new Run(new Text("The fee is ") { Space = SpaceProcessingModeValues.Preserve }), new DeletedRun(new Run(new DeletedText("900"))), new InsertedRun(new Run(new Text("950"))), new Run(new Text(" EUR.") { Space = SpaceProcessingModeValues.Preserve }));

        var text = await _extractors.TextAsync("a.docx", Word(table, changed));

        text.BlockTexts().ShouldBe(["Leistung | Preis\nWartung | 1.200 EUR", "The fee is 950 EUR."]);
    }

    [Fact]
    public async Task Decomposed_umlauts_soft_hyphens_and_ligatures_are_normalised()
    {
        var text = await _extractors.TextAsync("a.docx", Word(new Paragraph(new Run(new Text("Ku\u0308n\u00ADdigung \uFB01ndet statt")))));

        text.Text.ShouldBe("Kündigung findet statt");
    }

    [Fact]
    public async Task A_zip_bomb_is_refused_within_the_limits()
    {
        using var bomb = new MemoryStream();
        bomb.Write(Word(new Paragraph(new Run(new Text("x")))));
        using (var archive = new ZipArchive(bomb, ZipArchiveMode.Update, leaveOpen: true))
        {
            archive.GetEntry("word/document.xml")!.Delete(); // the file above has this part
            await using var part = archive.CreateEntry("word/document.xml", CompressionLevel.SmallestSize).Open();
            var zeros = new byte[1 << 20];
            Array.Fill(zeros, (byte)' ');
            for (var i = 0; i < 600; i++)
            {
                await part.WriteAsync(zeros);
            }
        }

        var before = GC.GetTotalAllocatedBytes();
        (await _extractors.FailureAsync("bomb.docx", bomb.ToArray())).Code.ShouldBe(FailureCodes.TooLarge);
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(100L << 20);
    }

    [Fact]
    public async Task A_part_that_lies_about_its_size_is_refused()
    {
        using var strict = new Extractors(o => o.MaxXmlPartMegabytes = 1);
        var body = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"<w:p><w:r><w:t>{i}</w:t></w:r></w:p>"));
        var docx = Zip(("[Content_Types].xml", ContentTypes), ("word/document.xml", Document(body)));
        // The declared size stands in the local header and in the directory: claim 100 bytes in both.
        var declared = BitConverter.GetBytes(Encoding.UTF8.GetByteCount(Document(body)));
        for (int at; (at = docx.AsSpan().IndexOf(declared)) >= 0;)
        {
            BitConverter.GetBytes(100).CopyTo(docx, at);
        }

        (await strict.FailureAsync("liar.docx", docx)).Code.ShouldBeOneOf(FailureCodes.TooLarge, FailureCodes.Truncated, FailureCodes.Damaged);
    }

    [Fact]
    public async Task Deeply_nested_parts_are_refused_instead_of_killing_the_process()
    {
        var docx = Zip(("[Content_Types].xml", ContentTypes), ("word/document.xml", Document(string.Concat(Enumerable.Repeat("<w:sdt><w:sdtContent>", 50_000)) + string.Concat(Enumerable.Repeat("</w:sdtContent></w:sdt>", 50_000)))));

        (await _extractors.FailureAsync("deep.docx", docx)).Code.ShouldBe(FailureCodes.TooComplex);
    }

    [Fact]
    public async Task A_truncated_archive_and_a_password_container_are_told_apart()
    {
        var docx = Word(new Paragraph(new Run(new Text("Some text of the contract."))));
        byte[] ole = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, .. new byte[600], .. Encoding.Unicode.GetBytes("EncryptedPackage"), .. new byte[100]];

        (await _extractors.FailureAsync("cut.docx", docx[..(docx.Length / 2)])).Code.ShouldBeOneOf(FailureCodes.Truncated, FailureCodes.Unsupported);
        (await _extractors.FailureAsync("locked.docx", ole)).Code.ShouldBe(FailureCodes.Encrypted);
    }

    private const string ContentTypes =
        """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>""";

    private static string Document(string body) =>
        $"""<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>""";

    private static byte[] Zip(params (string Name, string Content)[] parts)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in parts)
            {
                using var part = archive.CreateEntry(name).Open();
                part.Write(Encoding.UTF8.GetBytes(content));
            }
        }

        return stream.ToArray();
    }

    private static Paragraph Styled(string style, string text) =>
        new(new ParagraphProperties(new ParagraphStyleId { Val = style }), new Run(new Text(text)));

    private static Paragraph Listed(int level, string text, bool bold = false)
    {
        var run = new Run(new Text(text));
        if (bold)
        {
            run.RunProperties = new RunProperties(new Bold());
        }

        return new(new ParagraphProperties(new NumberingProperties(new NumberingLevelReference { Val = level }, new NumberingId { Val = 1 })), run);
    }

    private static TableCell Cell(string text) => new(new Paragraph(new Run(new Text(text))));

    private static byte[] Word(params OpenXmlElement[] body)
    {
        using var stream = new MemoryStream();
        using (var package = WordprocessingDocument.Create(stream, WordprocessingDocumentType.Document))
        {
            var main = package.AddMainDocumentPart();
            main.AddNewPart<StyleDefinitionsPart>().Styles = new Styles(
                new Style(new StyleName { Val = "heading 1" }, new StyleParagraphProperties(new OutlineLevel { Val = 0 })) { StyleId = "berschrift1", Type = StyleValues.Paragraph });
            main.AddNewPart<NumberingDefinitionsPart>().Numbering = new Numbering(
                new AbstractNum(
                    ListLevel(0, NumberFormatValues.Decimal, "%1."), ListLevel(1, NumberFormatValues.Decimal, "%1.%2"), ListLevel(2, NumberFormatValues.LowerLetter, "(%3)"))
                { AbstractNumberId = 7 },
                new NumberingInstance(new AbstractNumId { Val = 7 }) { NumberID = 1 });
            main.Document = new Document(new Body(body));
        }

        return stream.ToArray();
    }

    private static Level ListLevel(int index, NumberFormatValues format, string text) =>
        new(new StartNumberingValue { Val = 1 }, new NumberingFormat { Val = format }, new LevelText { Val = text }) { LevelIndex = index };
}

using EnterpriseRag.Ingestion.Extract.Sandbox;
using EnterpriseRag.Storage.Documents;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Ingestion.Extract.Pdf;

/// <summary>PDF to text with pages and a rectangle for every word, by poppler in a child process.</summary>
internal sealed class PdfExtractor(ExtractorChild child, ExtractionDirectory directory, IOptions<ExtractionOptions> options)
{
    public async Task<DocumentText> ExtractAsync(ReadOnlyMemory<byte> pdf, CancellationToken cancellationToken)
    {
        if (PdfInfo.LacksEnd(pdf.Span))
        {
            throw PdfInfo.Refusal("", 0, pdf.Span);
        }

        var limits = options.Value;
        using var workspace = ExtractorWorkspace.Create(directory.Path);
        var path = await workspace.WriteAsync("in.pdf", pdf, cancellationToken);
        var info = await PdfInfo.ReadAsync(child, workspace, path, pdf, limits.MaxPages, cancellationToken);
        string[] arguments = ["-bbox-layout", "-enc", "UTF-8", path, "-"];
        var result = await child.RunAsync("pdftotext", "poppler-utils", arguments, workspace.Directory, s => BboxLayoutReader.Read(s, limits.MaxPages), cancellationToken);
        if (result.ExitCode != 0)
        {
            throw PdfInfo.Refusal(result.Messages, result.ExitCode, pdf.Span);
        }

        var pages = (result.Output ?? []).Select(p => info.TurnedPages.Contains(p.Number) ? p with { Width = p.Height, Height = p.Width } : p).ToList();
        if (pages.All(p => p.Blocks.Count == 0))
        {
            throw new ExtractionRefusedException(
                FailureCodes.NeedsOcr,
                "The PDF has no text, only images: it is probably a scan. Text recognition (OCR) comes in a later version; until then run the file through an OCR program, save it as a searchable PDF and upload that.");
        }

        return new PdfTextAssembler(pages, limits.MaxTextCharacters).Assemble();
    }
}

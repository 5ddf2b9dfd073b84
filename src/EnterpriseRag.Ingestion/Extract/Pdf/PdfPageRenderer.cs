using System.Globalization;
using EnterpriseRag.Foundation;
using EnterpriseRag.Ingestion.Extract.Sandbox;

namespace EnterpriseRag.Ingestion.Extract.Pdf;

/// <summary>Renders single PDF pages for the viewer, in the same sandbox as extraction. Thread-safe; one child process a call.</summary>
public sealed class PdfPageRenderer
{
    private readonly ExtractorChild _child;
    private readonly ExtractionDirectory _directory;

    internal PdfPageRenderer(ExtractorChild child, ExtractionDirectory directory)
    {
        _child = child;
        _directory = directory;
    }

    /// <summary>
    /// One page (<paramref name="page"/> from 1, <paramref name="dpi"/> 36 to 300) as PNG. Coordinates of <c>TextBox</c> times <paramref name="dpi"/> / 72 are pixels of this image.
    /// Fails as Invalid (page or dpi out of range, file unreadable) or Unavailable (poppler missing, limit reached), with the reason to show.
    /// </summary>
    public async Task<Result<byte[]>> RenderPageAsync(ReadOnlyMemory<byte> pdf, int page, int dpi, CancellationToken cancellationToken)
    {
        if (page < 1 || dpi is < 36 or > 300)
        {
            return new Failure(FailureKind.Invalid, "The page counts from 1 and the resolution is 36 to 300 dpi.");
        }

        using var workspace = ExtractorWorkspace.Create(_directory.Path);
        var path = await workspace.WriteAsync("in.pdf", pdf, cancellationToken);
        var number = page.ToString(CultureInfo.InvariantCulture);
        string[] arguments = ["-png", "-r", dpi.ToString(CultureInfo.InvariantCulture), "-f", number, "-l", number, "-singlefile", path];
        try
        {
            var result = await _child.RunAsync("pdftoppm", "poppler-utils", arguments, workspace.Directory, ReadAll, cancellationToken);
            return result is { ExitCode: 0, Output.Length: > 0 }
                ? result.Output
                : new Failure(FailureKind.Invalid, result.ExitCode == 0 ? "The PDF has no such page." : PdfInfo.Refusal(result.Messages, result.ExitCode, pdf.Span).Failure.Detail);
        }
        catch (ExtractionRefusedException ex)
        {
            return new Failure(FailureKind.Unavailable, ex.Failure.Detail);
        }
    }

    private static byte[] ReadAll(Stream stream)
    {
        using var png = new MemoryStream();
        stream.CopyTo(png);
        return png.ToArray();
    }
}

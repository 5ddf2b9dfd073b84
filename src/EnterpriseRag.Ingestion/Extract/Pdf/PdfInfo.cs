using System.Globalization;
using System.Text.RegularExpressions;
using EnterpriseRag.Ingestion.Extract.Sandbox;

namespace EnterpriseRag.Ingestion.Extract.Pdf;

/// <summary>What <c>pdfinfo</c> says before any text is read: page count, and which pages are turned (poppler reports their unturned size).</summary>
internal sealed partial record PdfInfo(int Pages, IReadOnlySet<int> TurnedPages)
{
    public static async Task<PdfInfo> ReadAsync(ExtractorChild child, ExtractorWorkspace workspace, string path, ReadOnlyMemory<byte> pdf, int maxPages, CancellationToken cancellationToken)
    {
        string[] arguments = ["-enc", "UTF-8", "-f", "1", "-l", (maxPages + 1).ToString(CultureInfo.InvariantCulture), path];
        var result = await child.RunAsync("pdfinfo", "poppler-utils", arguments, workspace.Directory, ReadAll, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw Refusal(result.Messages, result.ExitCode, pdf.Span);
        }

        var output = result.Output ?? "";
        var pages = PageCount().Match(output) is { Success: true } m && int.TryParse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var n) ? n : 0;
        if (pages > maxPages)
        {
            throw new ExtractionRefusedException(FailureCodes.TooManyPages, $"The PDF has {pages:N0} pages; {maxPages:N0} are allowed. Split it and upload the parts.");
        }

        if (pages <= 0)
        {
            throw new ExtractionRefusedException(FailureCodes.Damaged, "The PDF has no pages. Open it in a PDF viewer, save it again and upload the result.");
        }

        var turned = Rotation().Matches(output)
            .Where(r => r.Groups[2].Value is "90" or "270")
            .Select(r => int.Parse(r.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
            .ToHashSet();
        return new PdfInfo(pages, turned);
    }

    /// <summary>Turns poppler's failure into a reason. Its messages are English in every version, and Debian builds it without translations.</summary>
    public static ExtractionRefusedException Refusal(string messages, int exitCode, ReadOnlySpan<byte> pdf)
    {
        if (messages.Contains("Incorrect password", StringComparison.Ordinal) || messages.Contains("Unsupported security handler", StringComparison.Ordinal))
        {
            return new ExtractionRefusedException(FailureCodes.Encrypted, "The PDF is protected by a password. Save a copy without the password and upload that.");
        }

        if (messages.Contains("Copying of text", StringComparison.Ordinal))
        {
            return new ExtractionRefusedException(FailureCodes.Encrypted, "The PDF forbids copying its text. Ask its author for a copy without this restriction and upload that.");
        }

        if (messages.Contains("Out of memory", StringComparison.OrdinalIgnoreCase) || messages.Contains("bad_alloc", StringComparison.Ordinal) || exitCode == 128 + LibC.SigKill)
        {
            return new ExtractionRefusedException(FailureCodes.OutOfMemory, "Reading the PDF needs more memory than is allowed. Save it again with a PDF program (this often makes it smaller) or split it.");
        }

        return LacksEnd(pdf)
            ? new ExtractionRefusedException(FailureCodes.Truncated, "The end of the PDF is missing: the transfer was probably cut off. Upload the complete file again.")
            : new ExtractionRefusedException(FailureCodes.Damaged, "The PDF is damaged and cannot be read. Open it in a PDF viewer, save it again and upload the result.");
    }

    /// <summary>No end-of-file mark and no cross-reference pointer in the last 4 KB: the file was cut off. (Viewers repair such files by guessing and lose pages silently.)</summary>
    public static bool LacksEnd(ReadOnlySpan<byte> pdf)
    {
        var tail = pdf[Math.Max(0, pdf.Length - 4096)..];
        return tail.IndexOf("%%EOF"u8) < 0 && tail.IndexOf("startxref"u8) < 0;
    }

    internal static string ReadAll(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^Pages:\s+(\d{1,9})", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex PageCount();

    [GeneratedRegex(@"^Page\s+(\d{1,9}) rot:\s+(\d{1,3})", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Rotation();
}

using System.Globalization;
using System.Text;

namespace EnterpriseRag.Ingestion.Tests.Extract;

/// <summary>A line of text on a page: points from the bottom left, as PDF counts.</summary>
internal sealed record PdfTextLine(float X, float Y, float Size, string Text);

/// <summary>Writes small uncompressed PDFs (Helvetica, WinAnsi) so that a test knows every coordinate.</summary>
internal static class HandMadePdf
{
    public const float PageWidth = 595;
    public const float PageHeight = 842;

    /// <summary>Each page as body text of 11 points, one string a line, from the top.</summary>
    public static byte[] FromLines(params string[][] pages) =>
        FromPages([.. pages.Select(lines => lines.Select((text, i) => new PdfTextLine(72, 760 - (i * 14), 11, text)).ToArray())]);

    public static byte[] FromPages(params PdfTextLine[][] pages)
    {
        var latin = CodePagesEncodingProvider.Instance.GetEncoding(1252) ?? throw new InvalidOperationException();
        var objects = new List<string>
        {
            "<< /Type /Catalog /Pages 2 0 R >>",
            $"<< /Type /Pages /Count {pages.Length} /Kids [{string.Join(' ', Enumerable.Range(0, pages.Length).Select(i => $"{4 + (i * 2)} 0 R"))}] >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        };
        foreach (var (page, i) in pages.Select((p, i) => (p, i)))
        {
            objects.Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {5 + (i * 2)} 0 R >>");
            var content = string.Concat(page.Select(l => string.Create(CultureInfo.InvariantCulture, $"BT /F1 {l.Size} Tf {l.X} {l.Y} Td ({Escape(l.Text)}) Tj ET\n")));
            objects.Add($"<< /Length {latin.GetByteCount(content)} >>\nstream\n{content}endstream");
        }

        using var pdf = new MemoryStream();
        void Write(string text) => pdf.Write(latin.GetBytes(text));
        Write("%PDF-1.4\n");
        var offsets = new List<long>();
        for (var i = 0; i < objects.Count; i++)
        {
            offsets.Add(pdf.Position);
            Write($"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        var xref = pdf.Position;
        Write($"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
        {
            Write(offset.ToString("0000000000", CultureInfo.InvariantCulture) + " 00000 n \n");
        }

        Write($"trailer\n<< /Size {objects.Count + 1} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n");
        return pdf.ToArray();
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\").Replace("(", "\\(").Replace(")", "\\)");
}

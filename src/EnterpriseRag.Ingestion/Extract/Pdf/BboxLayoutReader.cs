using System.Globalization;
using System.Net;
using System.Text;

namespace EnterpriseRag.Ingestion.Extract.Pdf;

/// <summary>
/// Reads the XHTML of <c>pdftotext -bbox-layout</c> while it is being written. Not an XML reader on purpose: poppler copies control characters and broken
/// encodings of foreign files into it, which XML forbids. Poppler writes one element a line; what does not fit that form is skipped.
/// </summary>
internal static class BboxLayoutReader
{
    // A word of a real document has fewer; longer ones come from hostile files.
    private const int MaxLineCharacters = 65_536;

    public static List<PdfPage> Read(Stream stream, int maxPages)
    {
        var pages = new List<PdfPage>();
        var words = new List<PdfWord>();
        using var reader = new StreamReader(stream, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16, leaveOpen: true);
        var line = new StringBuilder();
        while (ReadLine(reader, line))
        {
            var text = Trimmed(line);
            if (text.StartsWith("<word "))
            {
                if (pages.Count > 0 && ReadWord(text, reader, line) is { } word)
                {
                    words.Add(word);
                }
            }
            else if (text.StartsWith("</line>"))
            {
                if (words.Count > 0 && pages.Count > 0 && pages[^1].Blocks.Count > 0)
                {
                    pages[^1].Blocks[^1].Lines.Add(new PdfLine(words));
                    words = [];
                }
            }
            else if (text.StartsWith("<block "))
            {
                if (pages.Count > 0)
                {
                    pages[^1].Blocks.Add(new PdfBlock([]));
                }
            }
            else if (text.StartsWith("<page "))
            {
                if (pages.Count == maxPages)
                {
                    break; // the caller has refused longer files before; this is the belt
                }

                pages.Add(new PdfPage(pages.Count + 1, Attribute(text, "width=\""), Attribute(text, "height=\""), []));
            }
        }

        foreach (var page in pages)
        {
            page.Blocks.RemoveAll(b => b.Lines.Count == 0);
        }

        return pages;
    }

    private static PdfWord? ReadWord(ReadOnlySpan<char> text, StreamReader reader, StringBuilder line)
    {
        const string End = "</word>";
        var open = text.IndexOf('>');
        if (open < 0)
        {
            return null;
        }

        var (x0, y0, x1, y1) = (Attribute(text, "xMin=\""), Attribute(text, "yMin=\""), Attribute(text, "xMax=\""), Attribute(text, "yMax=\""));
        var content = text[(open + 1)..].ToString();
        var end = content.IndexOf(End, StringComparison.Ordinal);
        while (end < 0 && content.Length < MaxLineCharacters && ReadLine(reader, line))
        {
            content += line.ToString(); // a line break inside a word comes from the file, not from poppler
            end = content.IndexOf(End, StringComparison.Ordinal);
        }

        var clean = TextCleaner.CleanLine(WebUtility.HtmlDecode(end < 0 ? content : content[..end]));
        return clean.Length == 0 ? null : new PdfWord(clean, x0, y0, x1, y1);
    }

    private static float Attribute(ReadOnlySpan<char> text, string name)
    {
        var at = text.IndexOf(name);
        if (at < 0)
        {
            return 0;
        }

        var rest = text[(at + name.Length)..];
        var quote = rest.IndexOf('"');
        return quote > 0 && float.TryParse(rest[..quote], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && float.IsFinite(value) ? value : 0;
    }

    private static ReadOnlySpan<char> Trimmed(StringBuilder line)
    {
        // One chunk in practice: lines are short and the builder is reused.
        foreach (var chunk in line.GetChunks())
        {
            return (chunk.Length == line.Length ? chunk.Span : line.ToString().AsSpan()).TrimStart();
        }

        return [];
    }

    /// <summary>Reads to the line feed; what is longer than the limit is dropped, so that no foreign line fills the memory.</summary>
    private static bool ReadLine(StreamReader reader, StringBuilder line)
    {
        line.Clear();
        var any = false;
        int c;
        while ((c = reader.Read()) >= 0)
        {
            any = true;
            if (c == '\n')
            {
                return true;
            }

            if (line.Length < MaxLineCharacters)
            {
                line.Append((char)c);
            }
        }

        return any;
    }
}

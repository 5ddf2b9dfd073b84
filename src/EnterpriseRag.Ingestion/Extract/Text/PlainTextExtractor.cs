using System.Text;
using EnterpriseRag.Storage.Documents;

namespace EnterpriseRag.Ingestion.Extract.Text;

/// <summary>Plain text to blocks: paragraphs at empty lines, hard-wrapped lines joined, headings and clauses recognised by their numbering. A form feed begins a page.</summary>
internal static class PlainTextExtractor
{
    // Text without line breaks inside paragraphs has long lines; text wrapped at 60 to 80 columns has none.
    private const int WrappedBelow = 100;

    public static DocumentText Extract(string text, ExtractionOptions limits)
    {
        var builder = new DocumentTextBuilder(limits.MaxTextCharacters);
        builder.BeginPage(0, 0);
        var first = true;
        foreach (var page in text.Split('\f'))
        {
            if (!first)
            {
                builder.BeginPage(0, 0);
            }

            first = false;
            Write(page, builder);
        }

        return builder.Build();
    }

    public static void Write(string text, DocumentTextBuilder builder)
    {
        var lines = TextCleaner.Clean(text.ReplaceLineEndings("\n")).Split('\n');
        var wrapped = IsWrapped(lines);
        var paragraph = new StringBuilder();
        var lineCount = 0;
        var previous = "";
        foreach (var raw in lines)
        {
            var line = raw.Trim();
            if (line.Length == 0 || (paragraph.Length > 0 && Starts(line, previous, wrapped)))
            {
                Flush(paragraph, ref lineCount, builder);
            }

            if (line.Length > 0)
            {
                paragraph.Append(paragraph.Length > 0 ? " " : "").Append(line);
                lineCount++;
            }

            previous = line;
        }

        Flush(paragraph, ref lineCount, builder);
    }

    private static bool IsWrapped(string[] lines)
    {
        var filled = lines.Where(l => l.Length > 0).ToArray();
        // Wrapped text has many lines between 50 columns and the limit, followed by another line.
        return filled.Length > 0 && filled.Count(l => l.Length > WrappedBelow) <= filled.Length / 20;
    }

    private static bool Starts(string line, string previous, bool wrapped)
    {
        if (!wrapped)
        {
            return true;
        }

        var ended = previous.AsSpan().TrimEnd("\"'“”’»)]") is [.., '.' or ':' or '!' or '?' or ';'];
        var isShort = previous.Length < 45;
        return ClauseMarker.At(line).Kind is not MarkerKind.None ? ended || isShort
            : isShort && !char.IsLower(line[0]) && (ended || HeadingGuess.Level(previous, 1, 0) > 0);
    }

    private static void Flush(StringBuilder paragraph, ref int lineCount, DocumentTextBuilder builder)
    {
        if (paragraph.Length > 0)
        {
            var text = TextCleaner.CleanLine(paragraph.ToString());
            var level = HeadingGuess.Level(text, lineCount, 0);
            var kind = level > 0 ? BlockKind.Heading : ClauseMarker.At(text).Kind is MarkerKind.Bullet or MarkerKind.Item ? BlockKind.ListItem : BlockKind.Paragraph;
            builder.Add(kind, text, level);
            paragraph.Clear();
        }

        lineCount = 0;
    }
}

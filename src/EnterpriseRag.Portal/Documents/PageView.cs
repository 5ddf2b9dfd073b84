using EnterpriseRag.Audit;
using EnterpriseRag.Storage.Documents;

namespace EnterpriseRag.Portal.Documents;

/// <summary>A marked run of characters, relative to the page's text.</summary>
internal sealed record PageMark(int Start, int Length);

/// <summary>A rectangle of a marked line, in points from the top left of the page.</summary>
internal sealed record PageBox(float X, float Y, float Width, float Height);

/// <summary>One page for the viewer. <c>Image</c> is a data URI where the format has printed pages and the caller wanted it.</summary>
internal sealed record PageView(
    string DocumentName, int Page, int PageCount, string Text, IReadOnlyList<PageMark> Marks, IReadOnlyList<PageBox> Boxes, float Width, float Height, string? Image, Receipt Receipt);

/// <summary>Where a range of the document's text stands on one page.</summary>
internal static class PageMarks
{
    /// <summary>The part of the range on this page; none when it lies elsewhere.</summary>
    public static IReadOnlyList<PageMark> Marks(PageText page, int start, int length)
    {
        var from = Math.Max(start, page.Start);
        var to = Math.Min((long)start + length, page.Start + (long)page.Length);
        return to > from ? [new PageMark(from - page.Start, (int)(to - from))] : [];
    }

    /// <summary>The words' boxes of the range on this page, joined into one rectangle per line.</summary>
    public static IReadOnlyList<PageBox> Boxes(DocumentText text, int page, int start, int length)
    {
        var lines = new List<PageBox>();
        foreach (var box in text.Boxes.Where(b => b.Page == page && b.Start < (long)start + length && b.Start + b.Length > start))
        {
            if (lines.Count > 0 && IsSameLine(lines[^1], box))
            {
                lines[^1] = Union(lines[^1], box);
            }
            else
            {
                lines.Add(new PageBox(box.X, box.Y, box.Width, box.Height));
            }
        }

        return lines;
    }

    /// <summary>Words follow each other on a line while their middles are level and the next does not jump back to the left (a new column or line).</summary>
    private static bool IsSameLine(PageBox line, TextBox word) =>
        Math.Abs(line.Y + (line.Height / 2) - (word.Y + (word.Height / 2))) < Math.Min(line.Height, word.Height) / 2 && word.X >= line.X && word.X - (line.X + line.Width) < 4 * line.Height;

    private static PageBox Union(PageBox a, TextBox b)
    {
        var x = Math.Min(a.X, b.X);
        var y = Math.Min(a.Y, b.Y);
        return new PageBox(x, y, Math.Max(a.X + a.Width, b.X + b.Width) - x, Math.Max(a.Y + a.Height, b.Y + b.Height) - y);
    }
}

namespace EnterpriseRag.Storage.Documents;

public enum BlockKind
{
    Paragraph = 0,
    Heading = 1,
    ListItem = 2,
    Table = 3,
}

/// <summary>One page: <c>Number</c> from 1, range in <see cref="DocumentText.Text"/>, size in points (0 where the format has no pages of fixed size).</summary>
public sealed record PageText(int Number, int Start, int Length, float Width, float Height);

/// <summary>A paragraph, heading, list item or table; <c>HeadingPath</c> is the chain of headings above it, outermost first.</summary>
public sealed record TextBlock(BlockKind Kind, int Start, int Length, int Page, string[] HeadingPath);

/// <summary>Where a run of characters (usually a word) stands on its page, in points from the top left.</summary>
public sealed record TextBox(int Start, int Length, int Page, float X, float Y, float Width, float Height);

/// <summary>
/// The extracted text of one document version. All offsets are UTF-16 indices into <see cref="Text"/>.
/// Pages cover the text in order without overlap; a format without pages has one page.
/// </summary>
public sealed record DocumentText(string Text, IReadOnlyList<PageText> Pages, IReadOnlyList<TextBlock> Blocks, IReadOnlyList<TextBox> Boxes)
{
    /// <summary>The 1-based page on which the character at <paramref name="offset"/> stands.</summary>
    public int PageAt(int offset)
    {
        var page = 1;
        foreach (var p in Pages)
        {
            if (p.Start > offset)
            {
                break;
            }

            page = p.Number;
        }

        return page;
    }
}

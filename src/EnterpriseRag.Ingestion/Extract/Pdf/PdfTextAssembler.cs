using EnterpriseRag.Storage.Documents;

namespace EnterpriseRag.Ingestion.Extract.Pdf;

/// <summary>
/// Rebuilds paragraphs, headings and list items from poppler's blocks and lines, in poppler's reading order. A paragraph that runs on over a column or
/// page end stays one block; every word keeps its rectangle.
/// </summary>
internal sealed class PdfTextAssembler(List<PdfPage> pages, int maxCharacters)
{
    // A larger gap than this share of the line height above the block's usual one parts paragraphs.
    private const float ParagraphGap = 0.45f;
    private const float LargerThanBody = 1.12f;
    private const float MuchLargerThanBody = 1.45f;

    private readonly DocumentTextBuilder _builder = new(maxCharacters);
    private HyphenJoiner _hyphens = null!; // set first thing in Assemble
    private float _bodyHeight;

    public DocumentText Assemble()
    {
        foreach (var page in pages)
        {
            HangingNumbers.Reattach(page);
        }

        RunningLines.Remove(pages);
        _hyphens = new HyphenJoiner(pages);
        _bodyHeight = BodyHeight();
        var paragraph = new List<(PdfLine Line, int Page)>();
        PdfBlock? previous = null;
        var previousRight = 0f;
        foreach (var page in pages)
        {
            var begins = true;
            foreach (var block in page.Blocks)
            {
                var (left, right) = (block.Lines.Min(l => l.X0), block.Lines.Max(l => l.X1));
                var gap = UsualGap(block);
                for (var i = 0; i < block.Lines.Count; i++)
                {
                    var line = block.Lines[i];
                    var starts = i == 0 ? previous is null || !RunsOn(previous.Lines[^1], line, begins ? previousRight : float.MaxValue) : StartsParagraph(block.Lines[i - 1], line, left, right, gap);
                    if (starts && paragraph.Count > 0)
                    {
                        Write(paragraph);
                        paragraph.Clear();
                    }

                    paragraph.Add((line, page.Number));
                }

                previous = block;
                begins = false;
            }

            previousRight = page.Blocks.Count == 0 ? 0 : page.Blocks.Max(b => b.Lines.Max(l => l.X1));
        }

        Write(paragraph);
        BeginPages(pages.Count);
        return _builder.Build();
    }

    private float BodyHeight()
    {
        var weights = new Dictionary<int, long>();
        foreach (var line in pages.SelectMany(p => p.Blocks).SelectMany(b => b.Lines))
        {
            var bucket = (int)MathF.Round(line.Height * 2);
            weights[bucket] = weights.GetValueOrDefault(bucket) + line.Text.Length;
        }

        return weights.Count == 0 ? 0 : weights.MaxBy(w => w.Value).Key / 2f;
    }

    private static float UsualGap(PdfBlock block)
    {
        var gaps = block.Lines.Zip(block.Lines.Skip(1), (a, b) => b.Y0 - a.Y1).Order().ToArray();
        return gaps.Length == 0 ? 0 : gaps[gaps.Length / 2];
    }

    private static bool StartsParagraph(PdfLine previous, PdfLine line, float left, float right, float usualGap)
    {
        if (line.Height > previous.Height * 1.2f || line.Height < previous.Height * 0.8f || line.Y0 - previous.Y1 > usualGap + (ParagraphGap * line.Height))
        {
            return true;
        }

        var ended = EndsSentence(previous.Text);
        var isShort = previous.X1 < right - Math.Max(0.12f * (right - left), 12);
        if (ClauseMarker.At(line.Text).Kind is not MarkerKind.None)
        {
            return ended || isShort || EndsListItem(previous.Text);
        }

        var next = line.Text[0];
        return isShort && (ended || HeadingGuess.Level(previous.Text, 1, 0) > 0) && !char.IsLower(next);
    }

    /// <summary>
    /// Whether a block continues the paragraph of the block before it (next column, next page). A capital goes on (German nouns, names) only over a page end
    /// and behind a line that is full to the page's right edge.
    /// </summary>
    private static bool RunsOn(PdfLine last, PdfLine next, float fullTo) =>
        !EndsSentence(last.Text)
        && (char.IsLower(next.Text[0]) || (last.Text[^1] == '-' && char.IsLetter(next.Text[0])) || (last.X1 > fullTo - 60 && HeadingGuess.Level(next.Text, 1, 0) == 0))
        && ClauseMarker.At(next.Text).Kind is MarkerKind.None
        && next.Height <= last.Height * 1.2f && next.Height >= last.Height * 0.8f;

    private static bool EndsSentence(string text) => text.AsSpan().TrimEnd("\"'“”’»)]") is [.., '.' or ':' or '!' or '?' or ';'];

    private static bool EndsListItem(string text) =>
        text.EndsWith(" and", StringComparison.Ordinal) || text.EndsWith(" or", StringComparison.Ordinal)
        || text.EndsWith(" und", StringComparison.Ordinal) || text.EndsWith(" oder", StringComparison.Ordinal) || text.EndsWith(',');

    private void Write(List<(PdfLine Line, int Page)> paragraph)
    {
        if (paragraph.Count == 0)
        {
            return;
        }

        var text = string.Join(' ', paragraph.Take(3).Select(p => p.Line.Text));
        var marker = ClauseMarker.At(text);
        var size = paragraph[0].Line.Height;
        var rank = _bodyHeight <= 0 ? 0 : size > _bodyHeight * MuchLargerThanBody ? 1 : size > _bodyHeight * LargerThanBody ? 2 : 0;
        var level = HeadingGuess.Level(text, paragraph.Count, rank);
        var kind = level > 0 ? BlockKind.Heading : marker.Kind is MarkerKind.Bullet or MarkerKind.Item ? BlockKind.ListItem : BlockKind.Paragraph;
        BeginPages(paragraph[0].Page);
        _builder.Begin(kind, level);
        PdfWord? before = null;
        foreach (var (line, page) in paragraph)
        {
            var first = true;
            foreach (var word in line.Words)
            {
                if (before is { } previous)
                {
                    Part(previous.Text, word.Text, breaksLine: first);
                }

                BeginPages(page);
                var start = _builder.Append(word.Text);
                _builder.AddBox(new TextBox(start, word.Text.Length, page, word.X0, word.Y0, word.X1 - word.X0, word.Y1 - word.Y0));
                (before, first) = (word, false);
            }
        }

        _builder.End();
    }

    private void Part(string before, string after, bool breaksLine)
    {
        switch (breaksLine ? _hyphens.Join(before, after) : HyphenJoin.Space)
        {
            case HyphenJoin.Space:
                _builder.Append(" ");
                break;
            case HyphenJoin.DropHyphen:
                _builder.RemoveLast();
                break;
            case HyphenJoin.KeepHyphen:
                break;
        }
    }

    private void BeginPages(int upTo)
    {
        while (_builder.PageCount < upTo)
        {
            var page = pages[_builder.PageCount];
            _builder.BeginPage(page.Width, page.Height);
        }
    }
}

using System.Text;
using EnterpriseRag.Storage.Documents;

namespace EnterpriseRag.Ingestion.Extract;

/// <summary>
/// Collects blocks into one <see cref="DocumentText"/> and keeps the chain of headings. Blocks are parted by an empty line, list items of one list by a line break.
/// Single-threaded; <see cref="Build"/> once.
/// </summary>
internal sealed class DocumentTextBuilder(int maxCharacters)
{
    private readonly StringBuilder _text = new();
    private readonly List<TextBlock> _blocks = [];
    private readonly List<TextBox> _boxes = [];
    private readonly List<(int Start, float Width, float Height)> _pages = [];
    private readonly List<(int Level, string Title)> _headings = [];

    // The block being written; -1 = none.
    private int _open = -1;
    private BlockKind _openKind;
    private int _openLevel;
    private int _openPage;

    // Last number of the last numbered paragraph since the last heading.
    private int _lastListNumber = int.MinValue;

    public int Length => _text.Length;

    public int PageCount => _pages.Count;

    /// <summary>Begins a page at the next character written. A format without pages begins one page of size 0.</summary>
    public void BeginPage(float width, float height) => _pages.Add((_text.Length, width, height));

    /// <summary>Writes a whole block; text that is blank after cleaning is skipped. <paramref name="level"/> counts for headings only, 1 = outermost.</summary>
    public void Add(BlockKind kind, string text, int level = 0)
    {
        var clean = kind is BlockKind.Table ? TextCleaner.Clean(text).Trim() : TextCleaner.CleanLine(text);
        if (clean.Length == 0)
        {
            return;
        }

        Begin(kind, level);
        Append(clean);
        End();
    }

    /// <summary>Begins a block that is written in parts by <see cref="Append"/>.</summary>
    public void Begin(BlockKind kind, int level = 0)
    {
        if (_text.Length > 0)
        {
            _text.Append('\n');
            if (kind is not BlockKind.ListItem || _blocks.Count == 0 || _blocks[^1].Kind is not BlockKind.ListItem)
            {
                _text.Append('\n');
            }
        }

        // A page that began at the separator begins at the first character behind it.
        for (var i = _pages.Count - 1; i > 0 && _pages[i].Start > LastContentEnd(); i--)
        {
            _pages[i] = _pages[i] with { Start = _text.Length };
        }

        (_open, _openKind, _openLevel, _openPage) = (_text.Length, kind, level, _pages.Count);
    }

    /// <summary>Writes clean text into the open block and returns where it starts.</summary>
    public int Append(string clean)
    {
        if (_text.Length + clean.Length > maxCharacters)
        {
            throw new ExtractionRefusedException(FailureCodes.TooLarge, $"The document has more than {maxCharacters:N0} characters of text. Split it and upload the parts.");
        }

        _text.Append(clean);
        return _text.Length - clean.Length;
    }

    /// <summary>Removes the last character of the open block (a hyphen that only broke a line).</summary>
    public void RemoveLast()
    {
        _text.Length--;
        if (_boxes.Count > 0 && _boxes[^1] is var last && last.Start + last.Length > _text.Length)
        {
            _boxes[^1] = last with { Length = _text.Length - last.Start };
        }
    }

    public void AddBox(TextBox box) => _boxes.Add(box);

    public void End()
    {
        var length = _text.Length - _open;
        if (length > 0)
        {
            if (_openKind is BlockKind.Heading)
            {
                _lastListNumber = int.MinValue;
                while (_headings.Count > 0 && _headings[^1].Level >= _openLevel)
                {
                    _headings.RemoveAt(_headings.Count - 1);
                }
            }

            else
            {
                LeaveClauseOf(length);
            }

            _blocks.Add(new TextBlock(_openKind, _open, length, Math.Max(_openPage, 1), [.. _headings.Select(h => h.Title)]));
            if (_openKind is BlockKind.Heading)
            {
                _headings.Add((_openLevel, Shorten(_text.ToString(_open, length))));
            }
        }

        _open = -1;
    }

    public DocumentText Build()
    {
        if (_pages.Count == 0)
        {
            _pages.Add((0, 0, 0));
        }

        var text = _text.ToString();
        var pages = new PageText[_pages.Count];
        for (var i = 0; i < pages.Length; i++)
        {
            var start = i == 0 ? 0 : Math.Min(_pages[i].Start, text.Length);
            var end = i + 1 < pages.Length ? Math.Min(_pages[i + 1].Start, text.Length) : text.Length;
            pages[i] = new PageText(i + 1, start, end - start, _pages[i].Width, _pages[i].Height);
        }

        return new DocumentText(text, pages, _blocks, _boxes);
    }

    /// <summary>
    /// "6. Payments. The buyer …" after the heading "5. Delivery" leaves section 5, although it is no heading itself; the sixth item of a list inside section 5
    /// does not. The number must be the heading's successor, and its own predecessor must not have been seen since the heading.
    /// </summary>
    private void LeaveClauseOf(int length)
    {
        var text = _text.ToString(_open, Math.Min(length, 48));
        if (ClauseMarker.At(text) is not { Kind: MarkerKind.Clause } marker || LastNumber(text.AsSpan(0, marker.Length)) is not { } number)
        {
            return;
        }

        for (var i = _headings.Count - 1; i >= 0 && number != _lastListNumber + 1; i--)
        {
            var heading = ClauseMarker.At(_headings[i].Title);
            if (heading.Kind is MarkerKind.Clause && heading.Depth == marker.Depth && LastNumber(_headings[i].Title.AsSpan(0, heading.Length)) == number - 1)
            {
                _headings.RemoveRange(i, _headings.Count - i);
                break;
            }
        }

        _lastListNumber = number;
    }

    private static int? LastNumber(ReadOnlySpan<char> marker)
    {
        var end = marker.LastIndexOfAnyInRange('0', '9') + 1;
        var start = end;
        while (start > 0 && char.IsAsciiDigit(marker[start - 1]))
        {
            start--;
        }

        return int.TryParse(marker[start..end], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private int LastContentEnd() => _blocks.Count == 0 ? 0 : _blocks[^1].Start + _blocks[^1].Length - 1;

    // A heading path is shown as a line and embedded with every passage below it.
    private static string Shorten(string title) => title.Length <= 120 ? title : string.Concat(title.AsSpan(0, 119), "…");
}

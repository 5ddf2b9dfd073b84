using System.Globalization;
using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using EnterpriseRag.Storage.Documents;

namespace EnterpriseRag.Ingestion.Extract.Html;

/// <summary>
/// HTML to blocks: headings, paragraphs, list items, table rows as cells joined by " | ". Nothing is fetched and no script runs: the parser has no browsing context.
/// The tree is walked with a stack of our own, so that deep nesting cannot exhaust the thread's.
/// </summary>
internal static class HtmlExtractor
{
    private static readonly HashSet<string> s_skipped = new(StringComparer.OrdinalIgnoreCase)
    {
        "script", "style", "noscript", "template", "head", "iframe", "object", "embed", "svg", "math", "canvas", "select", "button", "input", "textarea", "nav",
    };

    private static readonly HashSet<string> s_blocks = new(StringComparer.OrdinalIgnoreCase)
    {
        "p", "div", "section", "article", "main", "header", "footer", "aside", "blockquote", "pre", "ul", "ol", "dl", "dt", "dd", "li", "table", "figure", "figcaption",
        "address", "fieldset", "form", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "body", "html", "details", "summary", "caption", "tr", "td", "th", "thead", "tbody", "tfoot", "center",
    };

    public static DocumentText Extract(string html, ExtractionOptions limits)
    {
        var builder = new DocumentTextBuilder(limits.MaxTextCharacters);
        builder.BeginPage(0, 0);
        Write(html, builder, limits);
        return builder.Build();
    }

    /// <summary>Writes the blocks of an HTML text into a document that is being built (the body of a mail).</summary>
    public static void Write(string html, DocumentTextBuilder builder, ExtractionOptions limits)
    {
        RefuseDeepNesting(html, limits.MaxNesting);
        using var document = new HtmlParser().ParseDocument(html);
        if (document.DocumentElement is { } root)
        {
            new Walk(builder).Run(root);
        }
    }

    /// <summary>
    /// A cheap upper bound of the depth, before the parser builds the tree: the parser's own cost grows with the square of the depth.
    /// Void elements and elements that close themselves in practice (p, li, td …) are not counted.
    /// </summary>
    private static void RefuseDeepNesting(string html, int max)
    {
        int depth = 0, deepest = 0;
        for (var at = html.IndexOf('<', StringComparison.Ordinal); at >= 0 && at + 1 < html.Length; at = html.IndexOf('<', at + 1))
        {
            var closing = html[at + 1] == '/';
            var start = at + (closing ? 2 : 1);
            var end = start;
            while (end < html.Length && end - start < 12 && char.IsAsciiLetterOrDigit(html[end]))
            {
                end++;
            }

            if (end == start || IsSelfClosing(html.AsSpan(start, end - start)))
            {
                continue;
            }

            depth = closing ? Math.Max(0, depth - 1) : depth + 1;
            deepest = Math.Max(deepest, depth);
        }

        if (deepest > max)
        {
            throw new ExtractionRefusedException(FailureCodes.TooComplex, $"The HTML nests more than {max} elements inside each other. Open the page in a browser, print it to PDF and upload that.");
        }
    }

    private static bool IsSelfClosing(ReadOnlySpan<char> name)
    {
        Span<char> lower = stackalloc char[12];
        var length = name.ToLowerInvariant(lower);
        return lower[..length] is "br" or "hr" or "img" or "input" or "meta" or "link" or "p" or "li" or "td" or "th" or "tr" or "dt" or "dd" or "option"
            or "area" or "base" or "col" or "embed" or "source" or "track" or "wbr" or "param";
    }

    private sealed class Walk(DocumentTextBuilder builder)
    {
        private readonly StringBuilder _inline = new();
        private BlockKind _kind = BlockKind.Paragraph;
        private readonly Dictionary<IElement, int> _counters = [];
        private int _level;
        private string _prefix = "";

        public void Run(INode root)
        {
            // (node, closing): a node is pushed again as closing below its children, so its end is seen.
            var stack = new Stack<(INode Node, bool Closing)>();
            stack.Push((root, false));
            while (stack.TryPop(out var step))
            {
                if (step.Closing)
                {
                    Flush();
                    continue;
                }

                switch (step.Node)
                {
                    case IText text:
                        _inline.Append(text.Data);
                        break;
                    case IElement element when !s_skipped.Contains(element.LocalName):
                        Enter(element, stack);
                        break;
                }
            }

            Flush();
        }

        private void Enter(IElement element, Stack<(INode, bool)> stack)
        {
            var name = element.LocalName;
            if (name is "br")
            {
                _inline.Append(' ');
                return;
            }

            if (name is "table" && IsDataTable(element))
            {
                Flush();
                WriteTable(element);
                return;
            }

            if (s_blocks.Contains(name))
            {
                Flush();
                (_kind, _level) = name switch
                {
                    ['h', >= '1' and <= '6' and var digit] => (BlockKind.Heading, digit - '0'),
                    "li" or "dd" => (BlockKind.ListItem, 0),
                    _ when _kind is BlockKind.ListItem && element.ParentElement?.LocalName is "li" && name is "p" => (BlockKind.ListItem, 0),
                    _ => (BlockKind.Paragraph, 0),
                };
                _prefix = name is "li" ? "" : _prefix;
                if (name is "li" && element.ParentElement is { LocalName: "ol" } list)
                {
                    _prefix = OrderedNumber(list);
                }

                stack.Push((element, true));
            }

            for (var child = element.LastChild; child is not null; child = child.PreviousSibling)
            {
                stack.Push((child, false));
            }
        }

        /// <summary>The number a browser would show for decimal and letter lists. Counted as the walk goes: looking back at each item would be quadratic.</summary>
        private string OrderedNumber(IElement list)
        {
            if (!_counters.TryGetValue(list, out var index))
            {
                index = int.TryParse(list.GetAttribute("start"), NumberStyles.None, CultureInfo.InvariantCulture, out var start) && start is > 0 and < 10_000 ? start : 1;
            }

            _counters[list] = index + 1;
            return list.GetAttribute("type") is "a" && index <= 26
                ? $"({(char)('a' + index - 1)}) "
                : index.ToString(CultureInfo.InvariantCulture) + ". ";
        }

        /// <summary>Layout tables (mails, old pages) hold block content in their cells and are walked as blocks.</summary>
        private static bool IsDataTable(IElement table)
        {
            var rows = 0;
            var wide = false;
            foreach (var descendant in table.Descendants<IElement>())
            {
                switch (descendant.LocalName)
                {
                    case "table" or "p" or "ul" or "ol" or "h1" or "h2" or "h3" or "h4":
                        return false;
                    case "tr":
                        rows++;
                        wide |= descendant.ChildElementCount > 1;
                        break;
                }
            }

            return rows > 0 && wide;
        }

        private void WriteTable(IElement table)
        {
            var rows = table.Descendants<IElement>().Where(e => e.LocalName is "tr")
                .Select(row => string.Join(" | ", row.Children.Where(c => c.LocalName is "td" or "th").Select(c => TextCleaner.CleanLine(PlainText(c)))))
                .Where(r => r.AsSpan().Trim(" |").Length > 0);
            builder.Add(BlockKind.Table, string.Join('\n', rows));
        }

        private static string PlainText(IElement cell)
        {
            var text = new StringBuilder();
            foreach (var node in cell.Descendants())
            {
                if (node is IText t && t.ParentElement is { } parent && !s_skipped.Contains(parent.LocalName))
                {
                    text.Append(t.Data);
                }
                else if (node is IElement { LocalName: "br" or "div" })
                {
                    text.Append(' ');
                }
            }

            return text.ToString();
        }

        private void Flush()
        {
            var text = _inline.ToString();
            _inline.Clear();
            if (string.IsNullOrWhiteSpace(text))
            {
                return; // the number of a list item waits for the item's text
            }

            builder.Add(_kind, _prefix + text, _level);
            _prefix = "";

            if (_kind is BlockKind.Heading)
            {
                (_kind, _level) = (BlockKind.Paragraph, 0);
            }
        }
    }
}

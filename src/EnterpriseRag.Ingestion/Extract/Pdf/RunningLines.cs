namespace EnterpriseRag.Ingestion.Extract.Pdf;

/// <summary>Drops what stands at the head or foot of most pages (titles, page numbers): repeated text would part sentences that run across pages.</summary>
internal static class RunningLines
{
    private const int MinPages = 3;

    // Left and right pages may carry different headers, so "most" is less than half for each of the two.
    private const double MinShare = 0.4;
    private const float Zone = 0.12f;
    private const int MaxLines = 3;

    public static void Remove(List<PdfPage> pages)
    {
        if (pages.Count < MinPages)
        {
            return;
        }

        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var page in pages)
        {
            foreach (var key in Candidates(page).Select(l => Key(page, l)).ToHashSet(StringComparer.Ordinal))
            {
                counts[key] = counts.GetValueOrDefault(key) + 1;
            }
        }

        var needed = Math.Max(MinPages, (int)Math.Ceiling(pages.Count * MinShare));
        foreach (var page in pages)
        {
            var running = Candidates(page).Where(l => counts[Key(page, l)] >= needed).ToHashSet();
            foreach (var block in page.Blocks)
            {
                block.Lines.RemoveAll(running.Contains);
            }

            page.Blocks.RemoveAll(b => b.Lines.Count == 0);
        }
    }

    private static IEnumerable<PdfLine> Candidates(PdfPage page)
    {
        var lines = page.Blocks.SelectMany(b => b.Lines).ToList();
        var top = lines.Where(l => l.Y1 < page.Height * Zone).OrderBy(l => l.Y0).Take(MaxLines);
        var bottom = lines.Where(l => l.Y0 > page.Height * (1 - Zone)).OrderByDescending(l => l.Y0).Take(MaxLines);
        return top.Concat(bottom);
    }

    /// <summary>Text with every number as #, and the half of the page.</summary>
    private static string Key(PdfPage page, PdfLine line)
    {
        Span<char> key = stackalloc char[80];
        var length = 0;
        key[length++] = line.Y0 < page.Height / 2 ? '^' : '_';
        foreach (var c in line.Text)
        {
            if (length == key.Length)
            {
                break;
            }

            if (!char.IsDigit(c))
            {
                key[length++] = c;
            }
            else if (key[length - 1] != '#')
            {
                key[length++] = '#';
            }
        }

        return key[..length].ToString();
    }
}

namespace EnterpriseRag.Ingestion.Extract.Pdf;

/// <summary>Puts a clause number that poppler reported as a line or column of its own back in front of the line it numbers.</summary>
internal static class HangingNumbers
{
    // Contracts have some thirty on a page; a page of thousands is a table or an attack, and the search below is quadratic.
    private const int MaxNumbers = 300;

    public static void Reattach(PdfPage page)
    {
        var lines = page.Blocks.SelectMany(b => b.Lines).ToList();
        var numbers = lines.Where(IsNumberAlone).ToList();
        if (numbers.Count > MaxNumbers)
        {
            return;
        }

        foreach (var number in numbers)
        {
            var target = lines
                .Where(l => !IsNumberAlone(l) && l.X0 >= number.X1 - 1 && Overlap(l, number) > 0.6f)
                .MinBy(l => l.X0);
            // A page number or a table cell has nothing close behind it; a heading line taken twice would be wrong.
            if (target is null || target.X0 - number.X1 > 90 || ClauseMarker.At(target.Text).Kind is MarkerKind.Clause)
            {
                continue;
            }

            target.Prepend(number);
            foreach (var block in page.Blocks)
            {
                block.Lines.Remove(number);
            }
        }

        page.Blocks.RemoveAll(b => b.Lines.Count == 0);
    }

    private static bool IsNumberAlone(PdfLine line)
    {
        if (line.Text.Length > 12 || line.Words.Count > 2)
        {
            return false;
        }

        var marker = ClauseMarker.At(line.Text + " ");
        return marker.Kind is MarkerKind.Clause or MarkerKind.Item or MarkerKind.Bullet && marker.Length >= line.Text.Length;
    }

    private static float Overlap(PdfLine a, PdfLine b) =>
        (Math.Min(a.Y1, b.Y1) - Math.Max(a.Y0, b.Y0)) / Math.Max(Math.Min(a.Y1 - a.Y0, b.Y1 - b.Y0), 0.1f);
}

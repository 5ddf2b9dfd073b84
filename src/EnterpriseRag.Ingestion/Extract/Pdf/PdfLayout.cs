namespace EnterpriseRag.Ingestion.Extract.Pdf;

/// <summary>A word as poppler reports it, cleaned; points from the top left of the page.</summary>
internal readonly record struct PdfWord(string Text, float X0, float Y0, float X1, float Y1);

internal sealed class PdfLine(List<PdfWord> words)
{
    public List<PdfWord> Words { get; } = words;

    public float X0 { get; private set; } = words.Min(w => w.X0);

    public float X1 { get; private set; } = words.Max(w => w.X1);

    public float Y0 { get; } = words.Min(w => w.Y0);

    public float Y1 { get; } = words.Max(w => w.Y1);

    /// <summary>Height of the widest word: a superscript or a large initial does not change the line's size.</summary>
    public float Height { get; } = words.MaxBy(w => w.X1 - w.X0) is var widest ? widest.Y1 - widest.Y0 : 0;

    public string Text { get; private set; } = string.Join(' ', words.Select(w => w.Text));

    /// <summary>Takes the words of a hanging number that poppler reported as a line of its own.</summary>
    public void Prepend(PdfLine marker)
    {
        Words.InsertRange(0, marker.Words);
        X0 = Math.Min(X0, marker.X0);
        Text = marker.Text + " " + Text;
    }
}

internal sealed record PdfBlock(List<PdfLine> Lines);

internal sealed record PdfPage(int Number, float Width, float Height, List<PdfBlock> Blocks);

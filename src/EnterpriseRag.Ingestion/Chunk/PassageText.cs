namespace EnterpriseRag.Ingestion.Chunk;

/// <summary>What of a passage the encoder reads.</summary>
internal static class PassageText
{
    /// <summary>
    /// Headings above a passage say what it is about ("Termination", "Lieferfristen") where its own words do not, so the last two go in front.
    /// Headings that the passage's text already begins with are not repeated. The one switch: false embeds the bare text.
    /// </summary>
    private const bool WithHeadings = true;
    private const int Headings = 2;

    public static string ForEmbedding(string[] headingPath, string text)
    {
        if (!WithHeadings || headingPath.Length == 0)
        {
            return text;
        }

        var above = headingPath.AsSpan(Math.Max(0, headingPath.Length - Headings)).ToArray().Where(h => !text.StartsWith(h, StringComparison.Ordinal) && !text.Contains("\n" + h + "\n", StringComparison.Ordinal));
        var path = string.Join(" > ", above);
        return path.Length == 0 ? text : path + "\n" + text;
    }
}

namespace EnterpriseRag.Ingestion.Chunk;

/// <summary>What of a passage the encoder reads.</summary>
internal static class PassageText
{
    /// <summary>
    /// Headings above a passage say what it is about ("Termination", "Lieferfristen") where its own words do not, so the outermost (the document's title)
    /// and the innermost go in front.
    /// Headings that the passage's text already begins with are not repeated. The one switch: false embeds the bare text.
    /// </summary>
    private const bool WithHeadings = true;

    public static string ForEmbedding(string[] headingPath, string text)
    {
        if (!WithHeadings || headingPath.Length == 0)
        {
            return text;
        }

        string[] ends = headingPath.Length == 1 ? headingPath : [headingPath[0], headingPath[^1]];
        var above = ends.Where(h => !text.StartsWith(h, StringComparison.Ordinal) && !text.Contains("\n" + h + "\n", StringComparison.Ordinal));
        var path = string.Join(" > ", above);
        return path.Length == 0 ? text : path + "\n" + text;
    }
}

namespace EnterpriseRag.Inference.Models.Import.Tokenizers;

/// <summary>
/// Ranked merges that do what SentencePiece does with scores: each way to join two tokens to a third, the third's better score first; among equal scores longer
/// left halves first, then longer right halves, then the order of ids, as Hugging Face's converter ranks them.
/// </summary>
internal static class ScoredMerges
{
    // Each token has one way a character; longer ones are refused with the file that would make the list explode.
    private const int MaxTokenLength = 4096;

    /// <param name="tokens">By id.</param>
    /// <param name="scores">By id, finite.</param>
    /// <param name="joins">Whether a token takes part; control and byte tokens do not.</param>
    /// <returns>"left right", best first.</returns>
    public static string[] Of(string[] tokens, float[] scores, Func<int, bool> joins)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < tokens.Length; id++)
        {
            if (joins(id) && !tokens[id].Contains(' ', StringComparison.Ordinal))
            {
                ids.Add(tokens[id], id);
            }
        }

        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var merges = new List<(float Score, int LeftLength, int RightLength, int Id, int Left, int Right)>();
        foreach (var (token, id) in ids)
        {
            if (token.Length > MaxTokenLength)
            {
                throw new ModelImportException("The tokenizer has a token of thousands of characters. The file is damaged.");
            }

            for (var cut = 1; cut < token.Length; cut++)
            {
                if (!char.IsLowSurrogate(token[cut]) && lookup.TryGetValue(token.AsSpan(0, cut), out var left) && lookup.TryGetValue(token.AsSpan(cut), out var right))
                {
                    merges.Add((scores[id], Length(tokens[left]), Length(tokens[right]), id, left, right));
                }
            }
        }

        return
        [
            .. merges.OrderByDescending(m => m.Score).ThenByDescending(m => m.LeftLength).ThenByDescending(m => m.RightLength).ThenBy(m => m.Id).ThenBy(m => m.Left).ThenBy(m => m.Right)
                .Select(m => $"{tokens[m.Left]} {tokens[m.Right]}"),
        ];
    }

    private static int Length(string token) => token.EnumerateRunes().Count();
}

using EnterpriseRag.Inference.Tokenization.Models;

namespace EnterpriseRag.Inference.Tokenization;

/// <summary>
/// The added tokens with the ids that the reference gives them: that of the model's vocabulary where the text is in it, otherwise the next after the
/// vocabulary, in the order of the file; the ids written in the file only tell the same.
/// </summary>
/// <param name="Patterns">What is looked for, in the order in which equal patterns win: special tokens first.</param>
/// <param name="ById">What an id means.</param>
internal sealed record AddedVocabulary(IReadOnlyList<AddedToken> Patterns, IReadOnlyDictionary<int, AddedToken> ById)
{
    public static AddedVocabulary Resolve(IReadOnlyList<AddedToken> read, ITokenModel model)
    {
        var special = read.Where(token => token.Special).Select(token => token.Content).ToHashSet(StringComparer.Ordinal);
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        Dictionary<int, AddedToken> byId = [];
        List<AddedToken> plain = [];
        var next = model.TokenCount;
        foreach (var token in read)
        {
            if (!ids.TryGetValue(token.Content, out var id))
            {
                id = model.Id(token.Content) is >= 0 and var known ? known : next++;
                ids.Add(token.Content, id);
            }

            byId[id] = token with { Id = id, Special = special.Contains(token.Content) };
            if (!special.Contains(token.Content))
            {
                plain.Add(token);
            }
        }

        // Whether a pattern is looked for in normalised text is its own; all other flags are those of the last token with its id.
        var patterns = read.Where(token => token.Special).DistinctBy(token => token.Content, StringComparer.Ordinal).Concat(plain)
            .Select(token => byId[ids[token.Content]] with { Normalized = token.Normalized });
        return new AddedVocabulary([.. patterns], byId);
    }
}

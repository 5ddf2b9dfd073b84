using System.Buffers;
using System.Text;
using EnterpriseRag.Inference.Tokenization.Text;
using EnterpriseRag.Inference.Tokenization.Unicode;
using EnterpriseRag.Inference.Tokenization.Vocabulary;

namespace EnterpriseRag.Inference.Tokenization;

/// <summary>An added token found in a text, with the white space it takes.</summary>
internal readonly record struct AddedTokenMatch(int Id, int Start, int End);

/// <summary>Finds added tokens, leftmost first and of those the longest. Immutable.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly AddedToken[] _tokens;
    private readonly PieceTrie _trie = new();
    private readonly SearchValues<char> _firstUnits;
    private readonly bool _allSpecial;

    /// <param name="tokens">The tokens.</param>
    /// <param name="form">The form in which each is looked for.</param>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens, Func<AddedToken, string> form)
    {
        _tokens = [.. tokens.Where(token => form(token).Length > 0)];
        for (var i = 0; i < _tokens.Length; i++)
        {
            if (_trie.Find(form(_tokens[i])) == PieceTrie.None) // of equal forms the first wins
            {
                _trie.Add(form(_tokens[i]), i);
            }
        }

        _firstUnits = SearchValues.Create([.. _tokens.Select(token => form(token)[0]).Distinct()]);
        _allSpecial = _tokens.All(token => token.Special);
    }

    /// <summary>Whether there is nothing to look for.</summary>
    public bool IsIdle(SpecialTokenScope specialTokens) => _tokens.Length == 0 || (_allSpecial && specialTokens.IsNowhere);

    /// <summary>Finds the next match.</summary>
    /// <param name="text">Text.</param>
    /// <param name="from">Where to look on: the end of the text that was matched last. White space which that match took besides is looked at again, as in the reference.</param>
    /// <param name="done">End of the match before with its white space.</param>
    /// <param name="specialTokens">Where special tokens are more than plain text.</param>
    /// <param name="normalized">The text with its source, if it is not the source itself.</param>
    /// <param name="match">The match.</param>
    public bool TryFind(ReadOnlySpan<char> text, ref int from, int done, SpecialTokenScope specialTokens, NormalizedText? normalized, out AddedTokenMatch match)
    {
        for (var start = from; start < text.Length;)
        {
            var candidate = text[start..].IndexOfAny(_firstUnits);
            if (candidate < 0)
            {
                break;
            }

            start += candidate;
            var length = LongestAt(text[start..], out var found);
            if (length == 0)
            {
                start++;
                continue;
            }

            var token = _tokens[found];
            var end = start + length;
            // A match that does not count still uses up its text, as in the reference.
            if ((token.Special && !specialTokens.Allows(normalized?.Source(start, end) ?? new TextSpan(start, end))) || (token.SingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[end..]))))
            {
                start = end;
                continue;
            }

            from = end;
            match = new AddedTokenMatch(
                token.Id,
                token.LeftStrip ? Math.Max(done, text[..start].TrimEnd().Length) : start,
                token.RightStrip ? text.Length - text[end..].TrimStart().Length : end);
            return true;
        }

        match = default;
        return false;
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var rune, out _) == OperationStatus.Done && WordCharacters.Contains(rune);

    private static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var rune, out _) == OperationStatus.Done && WordCharacters.Contains(rune);

    private int LongestAt(ReadOnlySpan<char> text, out int found)
    {
        found = PieceTrie.None;
        var longest = 0;
        var node = PieceTrie.Root;
        for (var i = 0; i < text.Length; i++)
        {
            node = _trie.Step(node, text[i]);
            if (node == PieceTrie.None)
            {
                break;
            }

            if (_trie.Value(node) != PieceTrie.None)
            {
                found = _trie.Value(node);
                longest = i + 1;
            }
        }

        return longest;
    }
}

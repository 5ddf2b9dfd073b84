using EnterpriseRag.Inference.Tokenization.Models;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PostProcessors;

/// <summary>Takes the white space at both ends of a token out of its span.</summary>
internal static class OffsetTrimming
{
    /// <param name="tokens">Tokens.</param>
    /// <param name="model">For their texts.</param>
    /// <param name="source">The text that spans refer to: they are cut by whole characters.</param>
    /// <param name="addPrefixSpace">Whether the pre-tokeniser put a space in front, which the first token keeps.</param>
    public static void Apply(TokenBuffer tokens, ITokenModel model, ReadOnlySpan<char> source, bool addPrefixSpace)
    {
        var nextAdded = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            var (leading, trailing) = (0, 0);
            if (nextAdded < tokens.AddedTokens.Count && tokens.AddedTokens[nextAdded].Index == i)
            {
                (_, leading, trailing) = tokens.AddedTokens[nextAdded++];
            }
            else if (model.Token(tokens.Ids[i]) is { } token)
            {
                (leading, trailing) = CountSpaces(token);
            }

            ref var start = ref tokens.Starts[i];
            ref var end = ref tokens.Ends[i];
            if (leading == 1 && addPrefixSpace && (i == 0 || start == 0))
            {
                leading = 0; // that space was put there by the pre-tokeniser
            }

            for (; leading > 0 && start < end; leading--)
            {
                start += start + 1 < end && char.IsHighSurrogate(source[start]) ? 2 : 1;
            }

            for (; trailing > 0 && end > start; trailing--)
            {
                end -= end - 1 > start && char.IsLowSurrogate(source[end - 1]) ? 2 : 1;
            }
        }
    }

    /// <summary>White space (also in the byte alphabet) at the beginning and the end of a text.</summary>
    public static (int Leading, int Trailing) CountSpaces(ReadOnlySpan<char> text)
    {
        var leading = 0;
        while (leading < text.Length && IsSpace(text[leading]))
        {
            leading++;
        }

        var trailing = 0;
        while (trailing < text.Length && IsSpace(text[^(trailing + 1)]))
        {
            trailing++;
        }

        return (leading, trailing);
    }

    private static bool IsSpace(char unit) => unit == ByteAlphabet.Space || char.IsWhiteSpace(unit);
}

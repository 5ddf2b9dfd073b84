using EnterpriseRag.Inference.Tokenization.Vocabulary;

namespace EnterpriseRag.Inference.Tokenization.Models;

/// <summary>
/// Where a piece of a SentencePiece vocabulary, often a whole document, can be divided without changing its tokens: before a visible space, if no merge makes a
/// token in which the character in front of it and that space stand side by side. The parts are words, which a cache knows. Immutable.
/// </summary>
internal sealed class PieceBorders
{
    private const char Space = '▁';

    // One bit for each UTF-16 unit that some merged token has right before a space.
    private readonly ulong[] _joined = new ulong[0x10000 / 64];

    private PieceBorders()
    {
    }

    /// <param name="merges">The merges.</param>
    /// <param name="tokens">Texts of tokens.</param>
    /// <param name="spelled">Tokens whose text is not that of the characters they stand for (bytes, unknown): a merge of one rules borders out.</param>
    public static PieceBorders? Find(MergeTable merges, TokenTable tokens, IReadOnlySet<int> spelled)
    {
        var borders = new PieceBorders();
        var space = System.Text.Encoding.UTF8.GetBytes(Space.ToString());
        foreach (var (left, right, merged) in merges)
        {
            if (spelled.Contains(left) || spelled.Contains(right))
            {
                return null;
            }

            if (tokens.Utf8(merged)[1..].IndexOf(space) >= 0 && tokens.Text(merged) is { } text)
            {
                for (var i = 1; i < text.Length; i++)
                {
                    if (text[i] == Space)
                    {
                        borders._joined[text[i - 1] >> 6] |= 1UL << text[i - 1];
                    }
                }
            }
        }

        return borders;
    }

    /// <summary>The first border after <paramref name="start"/>, or the end.</summary>
    public int Next(ReadOnlySpan<char> piece, int start)
    {
        for (var at = start + 1; at < piece.Length; at++)
        {
            var next = piece[at..].IndexOf(Space);
            if (next < 0)
            {
                break;
            }

            at += next;
            var before = piece[at - 1];
            if ((_joined[before >> 6] & (1UL << before)) == 0)
            {
                return at;
            }
        }

        return piece.Length;
    }
}

using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>
/// The family of o200k (GPT-4o) and Tekken (Mistral Nemo) as a scanner over characters: words of upper case then lower case,
/// <c>[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+</c> before
/// <c>[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*</c>, both with a contraction behind in o200k, then
/// <c>\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
/// <param name="contractions">Whether a word takes a contraction that follows.</param>
/// <param name="digits">The most digits in a piece.</param>
internal sealed class O200kScanner(bool contractions, int digits) : IPieceScanner
{
    private const int None = -1;

    public int NextEnd(ReadOnlySpan<char> text, int start)
    {
        var end = WordEnd(text, start);
        if (end != None)
        {
            return contractions && end < text.Length && text[end] == '\'' ? end + Contractions.LengthInAnyCase(text[end..]) : end;
        }

        var first = text[start];
        var found = CharacterClasses.At(text, start, out var length);
        if (found.Overlaps(CharacterClass.Number))
        {
            return Numbers.End(text, start, digits);
        }

        var next = start + length;
        if (found.Overlaps(CharacterClass.Sign) || (first == ' ' && next < text.Length && CharacterClasses.Is(text, next, CharacterClass.Sign, out _)))
        {
            end = CharacterClasses.EndOfRun(text, next, CharacterClass.Sign);
            while (end < text.Length && text[end] is '\r' or '\n' or '/')
            {
                end++;
            }

            return end;
        }

        return Spaces.EndWithLines(text, start, CharacterClasses.EndOfRun(text, start, CharacterClass.Space));
    }

    public void Divide(PreTokenizedText text) => PieceScanning.Divide(this, text);

    /// <summary>Both word alternatives in the order in which a backtracking engine tries them.</summary>
    private static int WordEnd(ReadOnlySpan<char> text, int start)
    {
        var found = CharacterClasses.At(text, start, out var length);
        if (found.Overlaps(CharacterClass.Number))
        {
            return None;
        }

        var prefix = !found.Overlaps(CharacterClass.Letter) && text[start] is not ('\r' or '\n') && start + length < text.Length ? start + length : None;
        int end;
        if (prefix != None && (end = LowerEnd(text, prefix)) != None)
        {
            return end;
        }

        if ((end = LowerEnd(text, start)) != None)
        {
            return end;
        }

        if (prefix != None && CharacterClasses.Is(text, prefix, CharacterClass.UpperWord, out _))
        {
            return CharacterClasses.EndOfRun(text, prefix, CharacterClass.UpperWord);
        }

        return found.Overlaps(CharacterClass.UpperWord) ? CharacterClasses.EndOfRun(text, start, CharacterClass.UpperWord) : None;
    }

    /// <summary>
    /// End of <c>upper* lower+</c>. Some characters are in both classes: where no plain lower case follows, the upper run gives back characters until
    /// one of those can be the lower part.
    /// </summary>
    private static int LowerEnd(ReadOnlySpan<char> text, int start)
    {
        var lastOfBoth = None;
        for (var i = start; i < text.Length;)
        {
            var found = CharacterClasses.At(text, i, out var length);
            if (!found.Overlaps(CharacterClass.UpperWord))
            {
                return found.Overlaps(CharacterClass.LowerWord) ? CharacterClasses.EndOfRun(text, i + length, CharacterClass.LowerWord) : lastOfBoth;
            }

            i += length;
            if (found.Overlaps(CharacterClass.LowerWord))
            {
                lastOfBoth = i;
            }
        }

        return lastOfBoth;
    }
}

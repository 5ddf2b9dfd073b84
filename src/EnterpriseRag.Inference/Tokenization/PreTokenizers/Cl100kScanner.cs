using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>
/// The family of cl100k (GPT-4), Llama 3 and Qwen as a scanner over characters:
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
/// <param name="digits">The most digits in a piece.</param>
/// <param name="word">Characters of a word: letters, in Qwen 3.5 also marks.</param>
/// <param name="sign">What is neither word, number nor white space.</param>
internal sealed class Cl100kScanner(int digits, CharacterClass word, CharacterClass sign) : IPieceScanner
{
    public int NextEnd(ReadOnlySpan<char> text, int start)
    {
        var first = text[start];
        if (first == '\'' && Contractions.LengthInAnyCase(text[start..]) is > 0 and var contraction)
        {
            return start + contraction;
        }

        var found = CharacterClasses.At(text, start, out var length);
        if (found.Overlaps(word))
        {
            return CharacterClasses.EndOfRun(text, start + length, word);
        }

        if (found.Overlaps(CharacterClass.Number))
        {
            return Numbers.End(text, start, digits);
        }

        var next = start + length;
        if (next < text.Length && first is not ('\r' or '\n') && CharacterClasses.Is(text, next, word, out _))
        {
            return CharacterClasses.EndOfRun(text, next, word);
        }

        if (found.Overlaps(sign) || (first == ' ' && next < text.Length && CharacterClasses.Is(text, next, sign, out _)))
        {
            var end = CharacterClasses.EndOfRun(text, next, sign);
            while (end < text.Length && text[end] is '\r' or '\n')
            {
                end++;
            }

            return end;
        }

        return Spaces.EndWithLines(text, start, CharacterClasses.EndOfRun(text, start, CharacterClass.Space));
    }

    public void Divide(PreTokenizedText text) => PieceScanning.Divide(this, text);
}

/// <summary><c>\p{N}{1,n}</c></summary>
internal static class Numbers
{
    public static int End(ReadOnlySpan<char> text, int start, int most)
    {
        var end = start;
        for (var i = 0; i < most && end < text.Length && CharacterClasses.Is(text, end, CharacterClass.Number, out var length); i++)
        {
            end += length;
        }

        return end;
    }
}

using System.Collections.Frozen;
using EnterpriseRag.Inference.Tokenization.Expressions;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>The published expressions that have a hand-written scanner, by their exact text.</summary>
internal sealed class ScannerPattern(IPieceScanner scanner) : TextPattern
{
    private const string Contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string UpperWord = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string LowerWord = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
    private const string Spaces = @"\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly FrozenDictionary<string, IPieceScanner> s_known = Known();

    public IPieceScanner Scanner => scanner;

    public static ScannerPattern? TryFind(string expression) => s_known.TryGetValue(expression, out var scanner) ? new ScannerPattern(scanner) : null;

    public override void FindAll(ReadOnlySpan<char> text, List<Piece> matches)
    {
        for (var i = 0; i < text.Length;)
        {
            var end = scanner.NextEnd(text, i);
            matches.Add(new Piece(i, end - i));
            i = end;
        }
    }

    private static FrozenDictionary<string, IPieceScanner> Known()
    {
        var threeDigits = new Cl100kScanner(3, CharacterClass.Letter, CharacterClass.Sign);
        return new Dictionary<string, IPieceScanner>(StringComparer.Ordinal)
        {
            [@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"] = Gpt2Scanner.Shared,
            [$@"{Contraction}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Spaces}"] = threeDigits, // Llama 3
            [@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"] = threeDigits, // cl100k
            [$@"{Contraction}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Spaces}"] = new Cl100kScanner(1, CharacterClass.Letter, CharacterClass.Sign), // Qwen
            [$@"{Contraction}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{Spaces}"] =
                new Cl100kScanner(1, CharacterClass.Letter | CharacterClass.Mark, CharacterClass.SignWithoutMarks), // Qwen 3.5
            [$@"[^\r\n\p{{L}}\p{{N}}]?{UpperWord}*{LowerWord}+{Contraction}?|[^\r\n\p{{L}}\p{{N}}]?{UpperWord}+{LowerWord}*{Contraction}?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Spaces}"] =
                new O200kScanner(contractions: true, 3),
            [$@"[^\r\n\p{{L}}\p{{N}}]?{UpperWord}*{LowerWord}+|[^\r\n\p{{L}}\p{{N}}]?{UpperWord}+{LowerWord}*|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Spaces}"] =
                new O200kScanner(contractions: false, 1), // Tekken
        }.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

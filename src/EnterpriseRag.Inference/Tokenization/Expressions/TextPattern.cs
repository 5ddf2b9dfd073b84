using System.Text.Json;
using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.PreTokenizers;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.Expressions;

/// <summary>The <c>pattern</c> of a component: a fixed string or a regular expression.</summary>
internal abstract class TextPattern
{
    private const int MaxExpression = 1024;

    public static TextPattern Read(ComponentSettings settings)
    {
        var pattern = settings.Required("pattern", JsonValueKind.Object);
        if (pattern.TryGetProperty("String", out var fixedText) && fixedText.ValueKind == JsonValueKind.String)
        {
            return fixedText.GetString() is { Length: > 0 } text ? new FixedPattern(text) : throw settings.Unsupported("an empty pattern");
        }

        return pattern.TryGetProperty("Regex", out var expression) && expression.ValueKind == JsonValueKind.String
            ? ReadExpression(expression.GetString()!, settings) // the kind was checked
            : throw settings.Wrong("pattern", "String or Regex");
    }

    /// <summary>Whether all matches are single characters whatever stands around them.</summary>
    public virtual bool MatchesSingleCharacters => false;

    /// <summary>Adds all matches in order; like the reference's, they may be empty, though not where the one before ended.</summary>
    public abstract void FindAll(ReadOnlySpan<char> text, List<Piece> matches);

    private static TextPattern ReadExpression(string expression, ComponentSettings settings)
    {
        if (expression.Length > MaxExpression)
        {
            throw settings.Unsupported($"a regular expression of more than {MaxExpression} characters");
        }

        if (ScannerPattern.TryFind(expression) is { } scanner)
        {
            return scanner;
        }

        if (RunPattern.TryParse(expression) is { } run)
        {
            return run;
        }

        return new ExpressionPattern(expression);
    }

    private sealed class FixedPattern(string wanted) : TextPattern
    {
        public override bool MatchesSingleCharacters => wanted.Length == 1;

        public override void FindAll(ReadOnlySpan<char> text, List<Piece> matches)
        {
            for (var from = 0; text[from..].IndexOf(wanted, StringComparison.Ordinal) is >= 0 and var found; from += found + wanted.Length)
            {
                matches.Add(new Piece(from + found, wanted.Length));
            }
        }
    }

    /// <summary><c>c{n,}</c>, in every XLM-R tokenizer as <c> {2,}</c>: a regex engine for it would cost more to load than the vocabulary.</summary>
    private sealed class RunPattern(char unit, int least) : TextPattern
    {
        public static RunPattern? TryParse(string expression) =>
            expression is [var unit, '{', >= '1' and <= '9' and var least, ',', '}'] && (unit == ' ' || char.IsAsciiLetterOrDigit(unit))
                ? new RunPattern(unit, least - '0')
                : null;

        public override void FindAll(ReadOnlySpan<char> text, List<Piece> matches)
        {
            for (var start = 0; text[start..].IndexOf(unit) is >= 0 and var next;)
            {
                start += next;
                var other = text[start..].IndexOfAnyExcept(unit);
                var end = other < 0 ? text.Length : start + other;
                if (end - start >= least)
                {
                    matches.Add(new Piece(start, end - start));
                }

                start = end;
            }
        }
    }
}

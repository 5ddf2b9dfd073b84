using System.Text.Json;
using System.Text.RegularExpressions;
using EnterpriseRag.Inference.Tokenization.Components;

namespace EnterpriseRag.Inference.Tokenization.Text;

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

    /// <summary>Finds the first match at or after <paramref name="from"/>; empty matches are passed over.</summary>
    public abstract bool TryFind(ReadOnlySpan<char> text, int from, out int start, out int end);

    private static TextPattern ReadExpression(string expression, ComponentSettings settings)
    {
        if (expression.Length > MaxExpression)
        {
            throw settings.Unsupported($"a regular expression of more than {MaxExpression} characters");
        }

        if (RunPattern.TryParse(expression) is { } run)
        {
            return run;
        }

        try
        {
            // NonBacktracking: the expression is foreign, so it must not be able to take exponential time.
            return new ExpressionPattern(new Regex(expression, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new TokenizerFormatException($"tokenizer.json: the regular expression '{expression}' is not supported: {e.Message}", e);
        }
    }

    private sealed class FixedPattern(string wanted) : TextPattern
    {
        public override bool TryFind(ReadOnlySpan<char> text, int from, out int start, out int end)
        {
            var found = text[from..].IndexOf(wanted, StringComparison.Ordinal);
            start = from + found;
            end = start + wanted.Length;
            return found >= 0;
        }
    }

    /// <summary><c>c{n,}</c>, in every XLM-R tokenizer as <c> {2,}</c>: a regex engine for it would cost more to load than the vocabulary.</summary>
    private sealed class RunPattern(char unit, int least) : TextPattern
    {
        public static RunPattern? TryParse(string expression) =>
            expression is [var unit, '{', >= '1' and <= '9' and var least, ',', '}'] && (unit == ' ' || char.IsAsciiLetterOrDigit(unit))
                ? new RunPattern(unit, least - '0')
                : null;

        public override bool TryFind(ReadOnlySpan<char> text, int from, out int start, out int end)
        {
            for (start = from; start < text.Length; start = end)
            {
                var next = text[start..].IndexOf(unit);
                if (next < 0)
                {
                    break;
                }

                start += next;
                var other = text[start..].IndexOfAnyExcept(unit);
                end = other < 0 ? text.Length : start + other;
                if (end - start >= least)
                {
                    return true;
                }
            }

            (start, end) = (0, 0);
            return false;
        }
    }

    private sealed class ExpressionPattern(Regex expression) : TextPattern
    {
        public override bool TryFind(ReadOnlySpan<char> text, int from, out int start, out int end)
        {
            foreach (var match in expression.EnumerateMatches(text, from))
            {
                if (match.Length > 0)
                {
                    (start, end) = (match.Index, match.Index + match.Length);
                    return true;
                }
            }

            (start, end) = (0, 0);
            return false;
        }
    }
}

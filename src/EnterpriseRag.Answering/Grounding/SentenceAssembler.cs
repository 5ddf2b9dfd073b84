using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace EnterpriseRag.Answering.Grounding;

/// <summary>A generated sentence without its markers, and the numbers it cites.</summary>
internal sealed record GeneratedSentence(string Text, IReadOnlyList<int> Cited);

/// <summary>Cuts a stream of generated text into sentences; keeps the unfinished rest. Not thread-safe: one stream, one assembler.</summary>
internal sealed partial class SentenceAssembler
{
    private static readonly SearchValues<char> s_letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZäöüÄÖÜß");

    private readonly StringBuilder _pending = new();

    /// <summary>Adds text and returns the sentences that are complete now.</summary>
    public IReadOnlyList<GeneratedSentence> Add(string text)
    {
        _pending.Append(text);
        List<GeneratedSentence>? complete = null;
        while (NextBoundary(_pending.ToString()) is { } end)
        {
            var sentence = _pending.ToString(0, end);
            _pending.Remove(0, end);
            if (Clean(sentence) is { } cleaned)
            {
                (complete ??= []).Add(cleaned);
            }
        }

        return complete ?? [];
    }

    /// <summary>The rest, once the model has stopped. A sentence cut off by the token limit is no sentence.</summary>
    public GeneratedSentence? Finish(bool stoppedByModel)
    {
        var rest = _pending.ToString();
        _pending.Clear();
        return stoppedByModel || EndPattern().IsMatch(rest) ? Clean(rest) : null;
    }

    private static int? NextBoundary(string text)
    {
        var newline = text.IndexOf('\n', StringComparison.Ordinal);
        foreach (Match match in BoundaryPattern().Matches(text))
        {
            if (newline >= 0 && newline < match.Index)
            {
                break;
            }

            var before = text[..(match.Index + 1)];
            var after = text[(match.Groups["end"].Index + match.Groups["end"].Length)..];
            if (AbbreviationPattern().IsMatch(before))
            {
                continue;
            }

            if (OrdinalPattern().IsMatch(before))
            {
                if (after.AsSpan().IndexOfAnyExcept(s_letters) < 0)
                {
                    return null; // the word that decides is not complete yet
                }

                if (AfterOrdinalPattern().IsMatch(after))
                {
                    continue;
                }
            }

            return match.Groups["end"].Index;
        }

        return newline >= 0 ? newline + 1 : null;
    }

    private static GeneratedSentence? Clean(string sentence)
    {
        var cited = MarkerPattern().Matches(sentence).Select(static m => int.Parse(m.Groups["n"].ValueSpan, CultureInfo.InvariantCulture)).Distinct().ToList();
        var text = SpacePattern().Replace(MarkerPattern().Replace(sentence, ""), " ").Trim();
        text = BulletPattern().Replace(text, "").Replace(" .", ".", StringComparison.Ordinal);
        return text.Any(char.IsLetterOrDigit) ? new GeneratedSentence(text, cited) : null;
    }

    // End mark, closing quotes, markers [n] that belong to it, then white space and the start of something new.
    [GeneratedRegex(@"[.!?][""”“»'\)]*(?:\s*\[\d{1,2}\])*(?<end>\s+)(?=[^\s\[])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex BoundaryPattern();

    [GeneratedRegex(@"[.!?][""”“»'\)]*(?:\s*\[\d{1,2}\])*\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex EndPattern();

    [GeneratedRegex(@"\b(?:e\.g|i\.e|No|Art|Abs|Nr|z\.\s?B|bzw|ca|vgl|Inc|Ltd|Co|Mr|Mrs|Dr|vs|Sec|\p{L})\.$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex AbbreviationPattern();

    // "1. Januar", "am 3. und 4. Tag": a short number with a full stop before a month or a small letter is an ordinal.
    [GeneratedRegex(@"\b\d{1,2}\.$", RegexOptions.CultureInvariant)]
    private static partial Regex OrdinalPattern();

    [GeneratedRegex(@"^(?:\p{Ll}|(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b)", RegexOptions.CultureInvariant)]
    private static partial Regex AfterOrdinalPattern();

    [GeneratedRegex(@"\[(?<n>\d{1,2})\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex MarkerPattern();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex SpacePattern();

    [GeneratedRegex(@"^(?:[-*•]|\d{1,2}[.)])\s+", RegexOptions.CultureInvariant)]
    private static partial Regex BulletPattern();
}

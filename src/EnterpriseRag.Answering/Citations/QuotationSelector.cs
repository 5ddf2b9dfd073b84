using System.Runtime.InteropServices;
using EnterpriseRag.Retrieval.Search;

namespace EnterpriseRag.Answering.Citations;

/// <summary>A sentence of a retrieved passage chosen as a quotation.</summary>
/// <param name="Passage">Where it stands.</param>
/// <param name="Sentence">Its range in the passage's text.</param>
/// <param name="Score">Ranking score, comparable within one selection only.</param>
/// <param name="Evidence">Half passage cosine, half sentence cosine: comparable between questions of one pair of languages.</param>
public sealed record Quotation(Passage Passage, PassageSentence Sentence, float Score, float Evidence)
{
    public string Text => Passage.Text.Substring(Sentence.Start, Sentence.Length);
}

/// <summary>
/// Ranks the sentences of the best passages by their vectors and terms. Needs no language model: the result is verbatim.
/// Score = z(½ passage cosine + ½ sentence cosine) + w · share of the question's terms; measured in docs/design/retrieval.md.
/// </summary>
public static class QuotationSelector
{
    public const int MaxQuotations = 3;

    // Sentences of lower passages win too rarely to be worth the risk of a stray quotation (XQuAD open: three passages best).
    private const int PassagesConsidered = 3;

    // Cosines of texts that belong together are this much lower across languages (medians of XQuAD open: .880 and .825, of unrelated texts .805 and .775).
    private const float LanguageGap = 0.03f;

    // A heading or a lone number is no answer; they stay eligible, but behind every real sentence.
    private const int ShortSentence = 25;
    private const float ShortPenalty = 3f;

    private const float TermWeight = 2.5f;

    public static IReadOnlyList<Quotation> Select(SearchResult result, int max = MaxQuotations)
    {
        ArgumentNullException.ThrowIfNull(result);
        var candidates = new List<Quotation>();
        foreach (var passage in Considered(result))
        {
            foreach (var sentence in passage.Sentences)
            {
                var evidence = (passage.Cosine + sentence.Cosine) / 2;
                var comparable = string.Equals(passage.Language, result.QueryLanguage, StringComparison.Ordinal) ? evidence : evidence + LanguageGap;
                candidates.Add(new Quotation(passage, sentence, comparable, evidence));
            }
        }

        if (candidates.Count == 0)
        {
            return [];
        }

        var (mean, deviation) = MeanAndDeviation(candidates);
        foreach (ref var candidate in CollectionsMarshal.AsSpan(candidates))
        {
            var score = ((candidate.Score - mean) / deviation) + (TermWeight * candidate.Sentence.TermScore);
            if (candidate.Sentence.Length < ShortSentence)
            {
                score -= ShortPenalty;
            }

            candidate = candidate with { Score = score };
        }

        candidates.Sort(static (a, b) => b.Score.CompareTo(a.Score));
        var chosen = new List<Quotation>(max);
        foreach (var candidate in candidates)
        {
            if (!chosen.Exists(c => SameWords(c, candidate)))
            {
                chosen.Add(candidate);
                if (chosen.Count == max)
                {
                    break;
                }
            }
        }

        return chosen;
    }

    /// <summary>The best three passages, and the best of the other language group when none of them is in it: the answer may stand in one language only.</summary>
    private static IEnumerable<Passage> Considered(SearchResult result)
    {
        bool IsAcross(Passage p) => !string.Equals(p.Language, result.QueryLanguage, StringComparison.Ordinal);
        var first = result.Passages.Take(PassagesConsidered).ToList();
        var missing = first.Count == 0 || first.Exists(IsAcross) == first.Exists(p => !IsAcross(p)) ? null : result.Passages.FirstOrDefault(p => IsAcross(p) != IsAcross(first[0]));
        return missing is null ? first : first.Append(missing);
    }

    // Chunks overlap by whole sentences, so the same words may be retrieved twice.
    private static bool SameWords(Quotation a, Quotation b)
    {
        if (a.Passage.Version == b.Passage.Version)
        {
            var startA = a.Passage.Start + a.Sentence.Start;
            var startB = b.Passage.Start + b.Sentence.Start;
            if (startA < startB + b.Sentence.Length && startB < startA + a.Sentence.Length)
            {
                return true;
            }
        }

        return a.Passage.Text.AsSpan(a.Sentence.Start, a.Sentence.Length).SequenceEqual(b.Passage.Text.AsSpan(b.Sentence.Start, b.Sentence.Length));
    }

    private static (float Mean, float Deviation) MeanAndDeviation(List<Quotation> candidates)
    {
        float sum = 0, squares = 0;
        foreach (var c in candidates)
        {
            sum += c.Score;
            squares += c.Score * c.Score;
        }

        var mean = sum / candidates.Count;
        return (mean, MathF.Sqrt(MathF.Max((squares / candidates.Count) - (mean * mean), 1e-8f)));
    }
}

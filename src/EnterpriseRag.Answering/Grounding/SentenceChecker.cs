using System.Numerics.Tensors;
using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Inference.Embedding;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Answering.Grounding;

/// <summary>A source that a generated sentence may rest on.</summary>
/// <param name="Number">Citation number [n].</param>
/// <param name="Text">The passage.</param>
/// <param name="Context">Document name and headings: names may stand there.</param>
/// <param name="Sentences">The passage's sentences.</param>
internal sealed record GroundingSource(int Number, string Text, string Context, IReadOnlyList<string> Sentences);

/// <param name="State">Verified = the source's own words; paraphrase = every claim found and close in meaning; unverified = anything else.</param>
/// <param name="Citations">Numbers of the sources that carry it.</param>
/// <param name="Reason">Why it is unverified: numbers, dates, names, quotation, negation, similarity, citation. Never the text.</param>
internal sealed record SentenceVerdict(SentenceState State, IReadOnlyList<int> Citations, string? Reason);

/// <summary>
/// Checks one generated sentence against the passages it cites (or, where it cites none, the closest one). The cheap exact checks run first:
/// a wrong figure, date, name, quotation or negation can not be outvoted by similarity.
/// </summary>
internal sealed class SentenceChecker([FromKeyedServices(EmbeddingRoles.Passage)] IEmbeddingGenerator<string, Embedding<float>> embedder)
{
    // multilingual-e5-small: cosine of unrelated sentences is .80, of paraphrases above .90 (shared/data, "Vectors are not random").
    private const float ParaphraseCosine = 0.90f;

    // Share of the sentence's content words that must stand in the one source sentence.
    private const float ParaphraseCoverage = 0.65f;

    // A run of fewer words is in any text by chance.
    private const int VerbatimWords = 4;

    public async Task<SentenceVerdict> CheckAsync(string sentence, IReadOnlyList<int> cited, IReadOnlyList<GroundingSource> sources, CancellationToken cancellationToken)
    {
        var known = sources.Where(s => cited.Contains(s.Number)).ToList();
        if (known.Count < cited.Distinct().Count())
        {
            return new SentenceVerdict(SentenceState.Unverified, [], "citation");
        }

        var words = WordSet.Sequence(sentence);
        if (words.Count == 0)
        {
            return new SentenceVerdict(SentenceState.Unverified, [], "empty");
        }

        var pool = known.Count > 0 ? known : sources;
        var verbatim = pool.FirstOrDefault(s => words.Count >= VerbatimWords && WordSet.ContainsRun(WordSet.Sequence(s.Text), words));
        if (verbatim is not null)
        {
            return new SentenceVerdict(SentenceState.Verified, [verbatim.Number], null);
        }

        // The sentence of the sources that speaks of the same thing, found without the figures: those are what is in question. All claims must stand
        // there. A right figure from the neighbouring sentence is a wrong answer ("next meeting" with the date of the last one).
        var claims = Claims.Of(sentence);
        var content = WordSet.Content(words);
        var subject = content.Where(w => !w.Any(char.IsDigit) && !claims.Holds(w)).ToList();
        var (source, best) = pool.SelectMany(static s => s.Sentences, static (s, text) => (Source: s, Text: text, Words: WordSet.Sequence(text)))
            .OrderByDescending(c => WordSet.Coverage(subject, c.Words)).ThenByDescending(c => WordSet.Coverage(content, c.Words))
            .Select(static c => (c.Source, c.Text)).FirstOrDefault();
        if (source is null)
        {
            return new SentenceVerdict(SentenceState.Unverified, [], "citation");
        }

        if (ExactMismatch(claims, source, best) is { } mismatch)
        {
            return new SentenceVerdict(SentenceState.Unverified, [source.Number], mismatch);
        }

        if (WordSet.Coverage(content, WordSet.Sequence(best)) < ParaphraseCoverage)
        {
            return new SentenceVerdict(SentenceState.Unverified, [source.Number], "similarity");
        }

        var vectors = await embedder.GenerateAsync([sentence, best], cancellationToken: cancellationToken);
        var cosine = TensorPrimitives.Dot(vectors[0].Vector.Span, vectors[1].Vector.Span);
        return cosine >= ParaphraseCosine
            ? new SentenceVerdict(SentenceState.Paraphrase, [source.Number], null)
            : new SentenceVerdict(SentenceState.Unverified, [source.Number], "similarity");
    }

    private static string? ExactMismatch(Claims claims, GroundingSource source, string best)
    {
        var evidence = Claims.Of(best);
        if (!claims.Numbers.IsSubsetOf(evidence.Numbers))
        {
            return "numbers";
        }

        if (!claims.Dates.IsSubsetOf(evidence.Dates))
        {
            return "dates";
        }

        // A name that stands in a neighbouring sentence belongs to what is said there ("In London the limit is EUR 230"); one in the headings belongs to all.
        var known = WordSet.Sequence(best).Concat(WordSet.Sequence(source.Context)).ToHashSet(StringComparer.Ordinal);
        if (!claims.Names.All(name => WordSet.Sequence(name).All(part => WordSet.HasForm(known, part))))
        {
            return "names";
        }

        var passage = WordSet.Sequence(source.Text);
        if (!claims.Quoted.All(q => WordSet.ContainsRun(passage, WordSet.Sequence(q))))
        {
            return "quotation";
        }

        return claims.Negated != evidence.Negated ? "negation" : null;
    }
}

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

    // Share of the sentence's content words that must stand in the source.
    private const float ParaphraseCoverage = 0.6f;

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

        // Every claim must stand in one source, not be gathered from several: the reader opens one page.
        var content = WordSet.Content(words);
        var source = pool.MaxBy(s => WordSet.Coverage(content, WordSet.Sequence(s.Text)));
        if (source is null)
        {
            return new SentenceVerdict(SentenceState.Unverified, [], "citation");
        }

        var best = source.Sentences.MaxBy(s => WordSet.Coverage(content, WordSet.Sequence(s))) ?? source.Text;
        if (ExactMismatch(sentence, source, best) is { } mismatch)
        {
            return new SentenceVerdict(SentenceState.Unverified, [source.Number], mismatch);
        }

        if (WordSet.Coverage(content, WordSet.Sequence(source.Text)) < ParaphraseCoverage)
        {
            return new SentenceVerdict(SentenceState.Unverified, [source.Number], "similarity");
        }

        var vectors = await embedder.GenerateAsync([sentence, best], cancellationToken: cancellationToken);
        var cosine = TensorPrimitives.Dot(vectors[0].Vector.Span, vectors[1].Vector.Span);
        return cosine >= ParaphraseCosine
            ? new SentenceVerdict(SentenceState.Paraphrase, [source.Number], null)
            : new SentenceVerdict(SentenceState.Unverified, [source.Number], "similarity");
    }

    private static string? ExactMismatch(string sentence, GroundingSource source, string bestSentence)
    {
        var claims = Claims.Of(sentence);
        var evidence = Claims.Of(source.Text);
        if (!claims.Numbers.IsSubsetOf(evidence.Numbers))
        {
            return "numbers";
        }

        if (!claims.Dates.IsSubsetOf(evidence.Dates))
        {
            return "dates";
        }

        var sourceWords = WordSet.Sequence(source.Text).Concat(WordSet.Sequence(source.Context)).ToHashSet(StringComparer.Ordinal);
        if (!claims.Names.All(name => WordSet.Sequence(name).All(part => WordSet.HasForm(sourceWords, part))))
        {
            return "names";
        }

        var plainSource = WordSet.Sequence(source.Text);
        if (!claims.Quoted.All(q => WordSet.ContainsRun(plainSource, WordSet.Sequence(q))))
        {
            return "quotation";
        }

        return claims.Negated != Claims.Of(bestSentence).Negated ? "negation" : null;
    }
}

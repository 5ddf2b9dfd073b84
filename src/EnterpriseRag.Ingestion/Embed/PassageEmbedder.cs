using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Ingestion.Chunk;
using EnterpriseRag.Retrieval.Index;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Ingestion.Embed;

/// <summary>What is embedded of one passage: itself and its sentences.</summary>
internal sealed record PassageToEmbed(int Ordinal, string[] HeadingPath, string Language, string Text, IReadOnlyList<TextRange> Sentences, IReadOnlyList<string> SentenceLanguages);

/// <summary>
/// Two grains: a vector for the passage (with its headings) and one for each sentence. Texts that occur twice in a document (overlaps, repeated clauses,
/// a passage of one sentence without headings) are encoded once. Thread-safe; the encoder bounds the work.
/// </summary>
internal sealed class PassageEmbedder([FromKeyedServices(EmbeddingRoles.Passage)] IEmbeddingGenerator<string, Embedding<float>> encoder)
{
    // A slice keeps the encoder's workers busy for a second or so; between slices the caller hears of progress and may cancel.
    private const int SliceTexts = 128;

    /// <summary>Vectors for all passages; <paramref name="progress"/> gets texts done and texts in all.</summary>
    public async Task<List<IndexedPassage>> EmbedAsync(IReadOnlyList<PassageToEmbed> passages, Action<int, int> progress, CancellationToken cancellationToken)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var texts = new List<string>();
        int Place(string text)
        {
            if (!places.TryGetValue(text, out var place))
            {
                places[text] = place = texts.Count;
                texts.Add(text);
            }

            return place;
        }

        var plan = passages.Select(p => (
            Passage: p,
            Own: Place(PassageText.ForEmbedding(p.HeadingPath, p.Text)),
            Sentences: p.Sentences.Select(s => Place(p.Text.Substring(s.Start, s.Length))).ToArray())).ToList();
        var vectors = await EncodeAsync(texts, progress, cancellationToken);
        return plan.ConvertAll(p => new IndexedPassage(
            p.Passage.Ordinal, p.Passage.Text, p.Passage.Language, vectors[p.Own],
            [.. p.Passage.Sentences.Select((s, i) => new IndexedSentence(s.Start, s.Length, p.Passage.SentenceLanguages[i], vectors[p.Sentences[i]]))]));
    }

    private async Task<List<ReadOnlyMemory<float>>> EncodeAsync(List<string> texts, Action<int, int> progress, CancellationToken cancellationToken)
    {
        var vectors = new List<ReadOnlyMemory<float>>(texts.Count);
        foreach (var slice in texts.Chunk(SliceTexts))
        {
            progress(vectors.Count, texts.Count);
            var embeddings = await encoder.GenerateAsync(slice, options: null, cancellationToken);
            vectors.AddRange(embeddings.Select(e => e.Vector));
        }

        progress(vectors.Count, texts.Count);
        return vectors;
    }
}

using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Ingestion.Embed;
using EnterpriseRag.Storage.Documents;

namespace EnterpriseRag.Ingestion.Chunk;

/// <summary>
/// Names the language of the document, of each passage and of each sentence. Each level expects the one above: a contract in German with an English clause is
/// seen, and a sentence of three words does not become Dutch.
/// </summary>
internal sealed class PassageTagger(LanguageIdentifier languages)
{
    private const int DocumentSample = 8000;
    private const int ShortSentence = 30;

    /// <summary>The document's language and its passages, ready to be embedded.</summary>
    public (string Language, List<PassageToEmbed> Passages) Tag(DocumentText document, IReadOnlyList<Passage> passages)
    {
        // From the middle: the beginning is often a letterhead or a form.
        var from = Math.Max(0, Math.Min(document.Text.Length / 4, document.Text.Length - DocumentSample));
        var language = languages.Identify(document.Text.AsSpan(from, Math.Min(DocumentSample, document.Text.Length - from))).Language;
        var tagged = new List<PassageToEmbed>(passages.Count);
        foreach (var (passage, ordinal) in passages.Select((p, i) => (p, i)))
        {
            var text = document.Text.Substring(passage.Start, passage.Length);
            var own = Name(text, language);
            tagged.Add(new PassageToEmbed(
                ordinal, passage.HeadingPath, own, text, passage.Sentences,
                [.. passage.Sentences.Select(s => s.Length < ShortSentence ? own : Name(text.AsSpan(s.Start, s.Length), own))]));
        }

        return (language, tagged);
    }

    private string Name(ReadOnlySpan<char> text, string expected)
    {
        var guess = languages.Identify(text, [expected]);
        return guess.Confidence > 0 ? guess.Language : expected;
    }
}

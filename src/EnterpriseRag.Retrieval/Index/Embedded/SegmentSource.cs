using System.Text;
using EnterpriseRag.Retrieval.Search.Lexical;

namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>
/// What a new segment is made of: freshly published versions or the living rows of older segments. The writer reads it section by
/// section, several times, so that no copy of the vectors is made.
/// </summary>
internal interface ISegmentSource
{
    int Dimensions { get; }

    IReadOnlyList<string> Languages { get; }

    IReadOnlyList<VersionRow> Versions { get; }

    IReadOnlyList<PassageRow> Passages { get; }

    IReadOnlyList<SentenceRow> Sentences { get; }

    ReadOnlySpan<float> PassageVector(int passage);

    ReadOnlySpan<float> SentenceVector(int sentence);

    /// <summary>Terms in the order of their UTF-8 bytes, postings in the order of passages. The list is reused by the next item.</summary>
    IEnumerable<(ReadOnlyMemory<byte> Term, List<Posting> Postings)> Terms();
}

/// <summary>Collects the distinct languages of the rows of one segment.</summary>
internal sealed class LanguageTable
{
    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private readonly List<string> _languages = [];

    public IReadOnlyList<string> Languages => _languages;

    public static void Check(string language)
    {
        if (language.Length is 0 or > SegmentFormat.LanguageBytes || !Ascii.IsValid(language))
        {
            throw new ArgumentException($"'{language}' is no language code.", nameof(language));
        }
    }

    public int Row(string language)
    {
        if (!_rows.TryGetValue(language, out var row))
        {
            row = _languages.Count;
            _rows.Add(language, row);
            _languages.Add(language);
        }

        return row;
    }
}

/// <summary>Versions that arrive from ingestion.</summary>
internal sealed class FreshVersions : ISegmentSource
{
    private readonly List<ReadOnlyMemory<float>> _passageVectors = [];
    private readonly List<ReadOnlyMemory<float>> _sentenceVectors = [];
    private readonly List<VersionRow> _versions = [];
    private readonly List<PassageRow> _passages = [];
    private readonly List<SentenceRow> _sentences = [];
    private readonly LanguageTable _languages = new();
    private readonly Dictionary<string, List<Posting>> _postings = new(StringComparer.Ordinal);

    public FreshVersions(int dimensions, IReadOnlyList<IndexedVersion> versions)
    {
        Dimensions = dimensions;
        foreach (var version in versions)
        {
            Add(version);
        }
    }

    public int Dimensions { get; }

    public IReadOnlyList<string> Languages => _languages.Languages;

    public IReadOnlyList<VersionRow> Versions => _versions;

    public IReadOnlyList<PassageRow> Passages => _passages;

    public IReadOnlyList<SentenceRow> Sentences => _sentences;

    /// <exception cref="ArgumentException">The version cannot be indexed: a vector of another length or not finite, or no language code.</exception>
    public static void Check(IndexedVersion version, int dimensions)
    {
        foreach (var passage in version.Passages)
        {
            LanguageTable.Check(passage.Language);
            CheckVector(passage.Vector.Span, dimensions);
            foreach (var sentence in passage.Sentences)
            {
                LanguageTable.Check(sentence.Language);
                CheckVector(sentence.Vector.Span, dimensions);
            }
        }
    }

    public ReadOnlySpan<float> PassageVector(int passage) => _passageVectors[passage].Span;

    public ReadOnlySpan<float> SentenceVector(int sentence) => _sentenceVectors[sentence].Span;

    public IEnumerable<(ReadOnlyMemory<byte> Term, List<Posting> Postings)> Terms()
    {
        var terms = _postings.Select(p => (Term: Encoding.UTF8.GetBytes(p.Key), Postings: p.Value)).ToArray();
        Array.Sort(terms, static (a, b) => a.Term.AsSpan().SequenceCompareTo(b.Term));

        // Two lone surrogates both encode as U+FFFD: one term, its lists merged.
        for (var i = 0; i < terms.Length; i++)
        {
            var postings = terms[i].Postings;
            if (i + 1 < terms.Length && terms[i].Term.AsSpan().SequenceEqual(terms[i + 1].Term))
            {
                terms[i + 1].Postings = postings.Concat(terms[i + 1].Postings)
                    .GroupBy(p => p.Passage, (passage, same) => new Posting(passage, same.Sum(p => p.Frequency)))
                    .OrderBy(p => p.Passage).ToList();
                continue;
            }

            yield return (terms[i].Term, postings);
        }
    }

    private void Add(IndexedVersion version)
    {
        var row = new VersionRow
        {
            Matter = version.Matter.Value,
            Document = version.Document.Value,
            Version = version.Version.Value,
            FirstPassage = _passages.Count,
            FirstSentence = _sentences.Count,
        };
        foreach (var passage in version.Passages)
        {
            var firstSentence = _sentences.Count;
            foreach (var sentence in passage.Sentences)
            {
                _sentences.Add(new SentenceRow { Start = sentence.Start, Length = sentence.Length, Language = _languages.Row(sentence.Language) });
                _sentenceVectors.Add(sentence.Vector);
            }

            var terms = AddTerms(passage);
            _passageVectors.Add(passage.Vector);
            _passages.Add(new PassageRow
            {
                Version = _versions.Count,
                Ordinal = passage.Ordinal,
                FirstSentence = firstSentence,
                Sentences = _sentences.Count - firstSentence,
                Terms = terms,
                Language = _languages.Row(passage.Language),
            });
        }

        row.Passages = _passages.Count - row.FirstPassage;
        row.Sentences = _sentences.Count - row.FirstSentence;
        _versions.Add(row);
    }

    private int AddTerms(IndexedPassage passage)
    {
        var tokens = TextAnalyser.Analyse(passage.Text);
        var index = _passages.Count;
        foreach (var group in tokens.GroupBy(t => t.Term, StringComparer.Ordinal))
        {
            if (!_postings.TryGetValue(group.Key, out var list))
            {
                _postings.Add(group.Key, list = []);
            }

            list.Add(new Posting(index, group.Count()));
        }

        return tokens.Count;
    }

    private static void CheckVector(ReadOnlySpan<float> vector, int dimensions)
    {
        if (vector.Length != dimensions)
        {
            throw new ArgumentException($"The index holds vectors of {dimensions} dimensions, not {vector.Length}.", nameof(vector));
        }

        foreach (var x in vector)
        {
            if (!float.IsFinite(x))
            {
                throw new ArgumentException("A vector holds a number that is not finite.", nameof(vector));
            }
        }
    }
}

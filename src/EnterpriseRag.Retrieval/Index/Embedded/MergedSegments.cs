namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>
/// The living rows of one or more segments, in their order. Used to merge small segments and to expunge a document (one segment, without
/// its versions). The caller holds references on the segments until the new file is written.
/// </summary>
internal sealed class MergedSegments : ISegmentSource
{
    private readonly IReadOnlyList<Segment> _segments;
    private readonly List<VersionRow> _versions = [];
    private readonly List<PassageRow> _passages = [];
    private readonly List<SentenceRow> _sentences = [];
    private readonly LanguageTable _languages = new();
    private readonly List<(int Segment, int Row)> _passageOrigins = [];
    private readonly List<(int Segment, int Row)> _sentenceOrigins = [];
    private readonly int[][] _newPassage; // per segment: new row of each passage, -1 where it dies

    /// <param name="dimensions">Dimensions of all vectors.</param>
    /// <param name="segments">Sources in order.</param>
    /// <param name="keep">Whether the version in this row of this segment lives on.</param>
    public MergedSegments(int dimensions, IReadOnlyList<Segment> segments, Func<Segment, int, bool> keep)
    {
        Dimensions = dimensions;
        _segments = segments;
        _newPassage = new int[segments.Count][];
        for (var s = 0; s < segments.Count; s++)
        {
            _newPassage[s] = new int[segments[s].Header.Passages];
            Array.Fill(_newPassage[s], -1);
            for (var v = 0; v < segments[s].Header.Versions; v++)
            {
                if (keep(segments[s], v))
                {
                    AddVersion(s, v);
                }
            }
        }
    }

    public int Dimensions { get; }

    public IReadOnlyList<string> Languages => _languages.Languages;

    public IReadOnlyList<VersionRow> Versions => _versions;

    public IReadOnlyList<PassageRow> Passages => _passages;

    public IReadOnlyList<SentenceRow> Sentences => _sentences;

    public ReadOnlySpan<float> PassageVector(int passage) => _segments[_passageOrigins[passage].Segment].PassageVector(_passageOrigins[passage].Row);

    public ReadOnlySpan<float> SentenceVector(int sentence) => _segments[_sentenceOrigins[sentence].Segment].SentenceVector(_sentenceOrigins[sentence].Row);

    public IEnumerable<(ReadOnlyMemory<byte> Term, List<Posting> Postings)> Terms()
    {
        var next = new int[_segments.Count];
        var postings = new List<Posting>();
        while (SmallestTerm(next) is { } term)
        {
            postings.Clear();
            for (var s = 0; s < _segments.Count; s++)
            {
                if (next[s] < _segments[s].Header.Terms && _segments[s].Term(next[s]).SequenceEqual(term))
                {
                    Append(s, next[s], postings);
                    next[s]++;
                }
            }

            if (postings.Count > 0)
            {
                yield return (term, postings);
            }
        }
    }

    private byte[]? SmallestTerm(int[] next)
    {
        var smallest = -1;
        for (var s = 0; s < _segments.Count; s++)
        {
            if (next[s] < _segments[s].Header.Terms
                && (smallest < 0 || _segments[s].Term(next[s]).SequenceCompareTo(_segments[smallest].Term(next[smallest])) < 0))
            {
                smallest = s;
            }
        }

        return smallest < 0 ? null : _segments[smallest].Term(next[smallest]).ToArray();
    }

    // New rows ascend with the old ones within a segment, and segments are visited in order: the list stays sorted.
    private void Append(int s, int term, List<Posting> postings)
    {
        foreach (var posting in _segments[s].Postings(term))
        {
            var row = _newPassage[s][posting.Passage];
            if (row >= 0)
            {
                postings.Add(posting with { Passage = row });
            }
        }
    }

    private void AddVersion(int s, int v)
    {
        var segment = _segments[s];
        var row = segment.Versions[v];
        for (var p = row.FirstPassage; p < row.FirstPassage + row.Passages; p++)
        {
            var passage = segment.Passages[p];
            _newPassage[s][p] = _passages.Count;
            _passageOrigins.Add((s, p));
            var firstSentence = _sentences.Count;
            for (var t = passage.FirstSentence; t < passage.FirstSentence + passage.Sentences; t++)
            {
                var sentence = segment.Sentences[t];
                sentence.Language = _languages.Row(segment.Languages[sentence.Language]);
                _sentences.Add(sentence);
                _sentenceOrigins.Add((s, t));
            }

            passage.Version = _versions.Count;
            passage.FirstSentence = firstSentence;
            passage.Language = _languages.Row(segment.Languages[passage.Language]);
            _passages.Add(passage);
        }

        row.FirstPassage = _passages.Count - row.Passages;
        row.FirstSentence = _sentences.Count - row.Sentences;
        _versions.Add(row);
    }
}

using System.Text;
using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Index.Embedded;

namespace EnterpriseRag.Retrieval.Search.Lexical;

/// <summary>
/// BM25 (k1 1.2, b .75) over the readable passages, each language as if it were an index of its own: document frequencies and lengths come
/// from the readable passages of the language only. So what a person may not read changes neither their results nor their scores.
/// </summary>
internal sealed class LexicalScan
{
    private const float K1 = 1.2f;
    private const float B = 0.75f;

    private const byte Readable = 1;
    private const byte Walled = 2;

    private readonly IndexSnapshot _snapshot;
    private readonly byte[][] _access; // per segment and passage: 0 outside the scope
    private readonly float[][] _scores; // per segment and passage
    private readonly Dictionary<string, Spread> _spreads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, float>> _idf = new(StringComparer.Ordinal);

    private LexicalScan(IndexSnapshot snapshot, IReadOnlySet<MatterId> readable, IReadOnlySet<MatterId> walled, int keep)
    {
        _snapshot = snapshot;
        _access = new byte[snapshot.Segments.Count][];
        _scores = new float[snapshot.Segments.Count][];
        Best = new BestPassages(keep);
        BestWalled = new BestPassages(keep);
        for (var s = 0; s < snapshot.Segments.Count; s++)
        {
            _access[s] = new byte[snapshot.Segments[s].Segment.Header.Passages];
            _scores[s] = new float[_access[s].Length];
            foreach (var (matter, ranges) in snapshot.Segments[s].Ranges)
            {
                var mark = readable.Contains(matter) ? Readable : walled.Contains(matter) ? Walled : (byte)0;
                foreach (var range in ranges)
                {
                    _access[s].AsSpan(range.From, range.To - range.From).Fill(mark);
                }
            }
        }
    }

    /// <summary>Best readable passages with a score above 0.</summary>
    public BestPassages Best { get; }

    /// <summary>Best passages behind a wall, scored by what is readable; used only to count denials.</summary>
    public BestPassages BestWalled { get; }

    public static LexicalScan Run(IndexSnapshot snapshot, QueryTerms query, IReadOnlySet<MatterId> readable, IReadOnlySet<MatterId> walled, int keep)
    {
        var scan = new LexicalScan(snapshot, readable, walled, keep);
        foreach (var language in snapshot.Segments.SelectMany(s => s.Segment.Languages).Distinct(StringComparer.Ordinal))
        {
            scan.Score(language, query.In(language));
        }

        scan.Rank();
        return scan;
    }

    public float Score(PassageKey key) => _scores[key.Segment][key.Passage];

    /// <summary>How the scores of the readable passages in <paramref name="language"/> spread.</summary>
    public Spread Spread(string language) => _spreads.GetValueOrDefault(language);

    /// <summary>Weight of each term of the question in passages of <paramref name="language"/>; terms that occur nowhere have the highest.</summary>
    public IReadOnlyDictionary<string, float> Idf(string language) => _idf.TryGetValue(language, out var idf) ? idf : new Dictionary<string, float>(StringComparer.Ordinal);

    private void Score(string language, IReadOnlySet<string> terms)
    {
        var rows = _snapshot.Segments.Select(s => RowOf(s.Segment.Languages, language)).ToArray();
        var (count, averageTerms) = Lengths(rows);
        var idfs = _idf[language] = new Dictionary<string, float>(StringComparer.Ordinal);
        if (count == 0)
        {
            return;
        }

        var found = new int[rows.Length];
        foreach (var term in terms)
        {
            var frequency = Find(Encoding.UTF8.GetBytes(term), rows, found);
            var idf = MathF.Log(1 + ((count - frequency + 0.5f) / (frequency + 0.5f)));
            idfs[term] = idf;
            for (var s = 0; s < rows.Length; s++)
            {
                if (found[s] >= 0)
                {
                    Accumulate(s, rows[s], found[s], idf, averageTerms);
                }
            }
        }
    }

    private static int RowOf(IReadOnlyList<string> languages, string language)
    {
        for (var i = 0; i < languages.Count; i++)
        {
            if (string.Equals(languages[i], language, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }

    private (int Passages, float AverageTerms) Lengths(int[] rows)
    {
        var count = 0;
        long terms = 0;
        for (var s = 0; s < rows.Length; s++)
        {
            var passages = _snapshot.Segments[s].Segment.Passages;
            for (var p = 0; p < passages.Length; p++)
            {
                if (_access[s][p] == Readable && passages[p].Language == rows[s])
                {
                    count++;
                    terms += passages[p].Terms;
                }
            }
        }

        return (count, count == 0 ? 1 : Math.Max(1f, (float)terms / count));
    }

    /// <summary>Fills the term's row of each segment (-1: not there) and returns how many readable passages of the language hold it.</summary>
    private int Find(ReadOnlySpan<byte> term, int[] rows, int[] found)
    {
        var frequency = 0;
        for (var s = 0; s < rows.Length; s++)
        {
            var segment = _snapshot.Segments[s].Segment;
            found[s] = rows[s] < 0 ? -1 : segment.FindTerm(term);
            if (found[s] < 0)
            {
                continue;
            }

            var passages = segment.Passages;
            foreach (var posting in segment.Postings(found[s]))
            {
                if (_access[s][posting.Passage] == Readable && passages[posting.Passage].Language == rows[s])
                {
                    frequency++;
                }
            }
        }

        return frequency;
    }

    private void Accumulate(int s, int language, int term, float idf, float averageTerms)
    {
        var segment = _snapshot.Segments[s].Segment;
        var passages = segment.Passages;
        foreach (var posting in segment.Postings(term))
        {
            if (_access[s][posting.Passage] != 0 && passages[posting.Passage].Language == language)
            {
                var norm = K1 * (1 - B + (B * passages[posting.Passage].Terms / averageTerms));
                _scores[s][posting.Passage] += idf * posting.Frequency * (K1 + 1) / (posting.Frequency + norm);
            }
        }
    }

    private void Rank()
    {
        for (var s = 0; s < _scores.Length; s++)
        {
            var segment = _snapshot.Segments[s].Segment;
            var passages = segment.Passages;
            var spreads = new Spread[segment.Languages.Count];
            for (var p = 0; p < passages.Length; p++)
            {
                var score = _scores[s][p];
                if (_access[s][p] == Readable)
                {
                    spreads[passages[p].Language].Add(score);
                }

                if (score > 0)
                {
                    (_access[s][p] == Readable ? Best : BestWalled).Offer(new PassageKey(s, p), score);
                }
            }

            for (var l = 0; l < spreads.Length; l++)
            {
                var spread = _spreads.GetValueOrDefault(segment.Languages[l]);
                spread.Add(spreads[l]);
                _spreads[segment.Languages[l]] = spread;
            }
        }
    }
}

using System.Collections.Frozen;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>Rows <c>From</c> to <c>To</c> (exclusive) of a segment's passages.</summary>
internal readonly record struct PassageRange(int From, int To);

/// <summary>
/// A segment without its superseded versions, and where each matter's passages lie in it: the filter of a search is a list of row ranges,
/// so passages outside the scope are never read. Immutable.
/// </summary>
internal sealed class SegmentView
{
    public SegmentView(Segment segment, IReadOnlyCollection<int> dead)
    {
        Segment = segment;
        Dead = dead.ToFrozenSet();
        var ranges = new Dictionary<MatterId, List<PassageRange>>();
        var versions = segment.Versions;
        for (var v = 0; v < versions.Length; v++)
        {
            if (Dead.Contains(v))
            {
                continue;
            }

            LivePassages += versions[v].Passages;
            LiveVersions++;
            var matter = new MatterId(versions[v].Matter);
            if (!ranges.TryGetValue(matter, out var list))
            {
                ranges.Add(matter, list = []);
            }

            Append(list, versions[v].FirstPassage, versions[v].FirstPassage + versions[v].Passages);
        }

        Ranges = ranges.ToFrozenDictionary(r => r.Key, r => r.Value.ToArray());
        Languages = Ranges.ToFrozenDictionary(r => r.Key, r => LanguagesOf(segment, r.Value));
    }

    public Segment Segment { get; }

    /// <summary>Rows of superseded versions.</summary>
    public FrozenSet<int> Dead { get; }

    public int LivePassages { get; }

    public int LiveVersions { get; }

    /// <summary>Living passages of each matter, in order, adjacent versions joined.</summary>
    public FrozenDictionary<MatterId, PassageRange[]> Ranges { get; }

    /// <summary>Languages of each matter's passages here: the prior for a question's language.</summary>
    public FrozenDictionary<MatterId, string[]> Languages { get; }

    private static string[] LanguagesOf(Segment segment, PassageRange[] ranges)
    {
        var seen = new bool[segment.Languages.Count];
        var passages = segment.Passages;
        foreach (var range in ranges)
        {
            for (var p = range.From; p < range.To; p++)
            {
                seen[passages[p].Language] = true;
            }
        }

        return segment.Languages.Where((_, row) => seen[row]).ToArray();
    }

    private static void Append(List<PassageRange> ranges, int from, int to)
    {
        if (ranges.Count > 0 && ranges[^1].To == from)
        {
            ranges[^1] = ranges[^1] with { To = to };
        }
        else if (to > from)
        {
            ranges.Add(new PassageRange(from, to));
        }
    }
}

/// <summary>
/// One state of the index. A reader holds it for the length of a search and sees neither half a publish nor an unmapped page.
/// Counted references like <see cref="Segment"/>; the last release lets its segments go.
/// </summary>
internal sealed class IndexSnapshot : IDisposable
{
    private int _references = 1; // Interlocked only

    /// <summary>Takes a reference on every segment.</summary>
    public IndexSnapshot(string name, int dimensions, IReadOnlyList<SegmentView> segments)
    {
        Name = name;
        Dimensions = dimensions;
        Segments = segments;
        foreach (var view in segments)
        {
            if (!view.Segment.TryAddReference())
            {
                throw new InvalidOperationException("A segment of a new snapshot is already closed.");
            }
        }
    }

    /// <summary>Generation and hash of the manifest.</summary>
    public string Name { get; }

    public int Dimensions { get; }

    public IReadOnlyList<SegmentView> Segments { get; }

    public bool TryAddReference()
    {
        var seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            var before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    /// <summary>Gives one reference back.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            foreach (var view in Segments)
            {
                view.Segment.Release();
            }
        }
    }
}

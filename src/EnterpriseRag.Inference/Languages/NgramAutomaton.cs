namespace EnterpriseRag.Inference.Languages;

/// <summary>
/// Aho-Corasick automaton over bytes that names, after each byte, the one n-gram that is the longest ending there. Children of a
/// state lie together, sorted, so a state costs 13 bytes where a full table would take 1 KiB. Immutable.
/// </summary>
internal sealed class NgramAutomaton
{
    private const int Root = 0;
    private const int None = -1;

    // By state, in breadth-first order. Children of s: _firstChild[s] up to _firstChild[s + 1].
    private readonly int[] _firstChild;
    private readonly byte[] _label;
    private readonly int[] _fail; // the state of the longest proper suffix that is a state
    private readonly int[] _longest; // the longest n-gram that ends here, or None
    private readonly int[] _fromRoot = new int[256];

    /// <exception cref="InvalidDataException">Empty n-grams, twins, or not in the order of their bytes.</exception>
    public NgramAutomaton(byte[][] ngrams)
    {
        var states = BuildTrie(ngrams);
        (_firstChild, _label, _longest) = states;
        _fail = new int[_label.Length];
        for (var child = _firstChild[Root]; child < _firstChild[Root + 1]; child++)
        {
            _fromRoot[_label[child]] = child;
        }

        // Breadth-first order: the states behind a state's links come before it.
        for (var state = Root; state < _label.Length; state++)
        {
            for (var child = _firstChild[state]; child < _firstChild[state + 1]; child++)
            {
                _fail[child] = state == Root ? Root : Next(_fail[state], _label[child]);
                _longest[child] = _longest[child] != None ? _longest[child] : _longest[_fail[child]];
            }
        }
    }

    /// <summary>Writes the n-gram found after each byte, where there is one, and returns how many.</summary>
    public int Scan(ReadOnlySpan<byte> text, Span<int> hits)
    {
        var count = 0;
        var state = Root;
        foreach (var b in text)
        {
            state = Next(state, b);
            if (_longest[state] is not None and var ngram)
            {
                hits[count++] = ngram;
            }
        }

        return count;
    }

    private static (int[] FirstChild, byte[] Label, int[] Longest) BuildTrie(byte[][] ngrams)
    {
        for (var i = 0; i < ngrams.Length; i++)
        {
            if (ngrams[i].Length == 0 || (i > 0 && ngrams[i - 1].AsSpan().SequenceCompareTo(ngrams[i]) >= 0))
            {
                throw new InvalidDataException("its n-grams are empty or not in order");
            }
        }

        // A state is the range of n-grams that begin with its bytes: sorted, so children are sub-ranges side by side.
        List<(int Begin, int End, int Depth)> ranges = [(0, ngrams.Length, 0)];
        List<int> firstChild = [];
        List<byte> label = [0];
        List<int> longest = [None];
        for (var state = 0; state < ranges.Count; state++)
        {
            firstChild.Add(ranges.Count);
            var (begin, end, depth) = ranges[state];
            if (ngrams[begin].Length == depth)
            {
                longest[state] = begin++;
            }

            while (begin < end)
            {
                var next = begin + 1;
                while (next < end && ngrams[next][depth] == ngrams[begin][depth])
                {
                    next++;
                }

                ranges.Add((begin, next, depth + 1));
                label.Add(ngrams[begin][depth]);
                longest.Add(None);
                begin = next;
            }
        }

        firstChild.Add(ranges.Count);
        return ([.. firstChild], [.. label], [.. longest]);
    }

    private int Next(int state, byte b)
    {
        while (state != Root)
        {
            var first = _firstChild[state];
            var children = _label.AsSpan(first, _firstChild[state + 1] - first);
            var child = children.BinarySearch(b);
            if (child >= 0)
            {
                return first + child;
            }

            state = _fail[state];
        }

        return _fromRoot[b]; // 0, the root, where no n-gram begins with this byte
    }
}

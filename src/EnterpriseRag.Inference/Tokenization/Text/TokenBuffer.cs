namespace EnterpriseRag.Inference.Tokenization.Text;

/// <summary>Growing columns of tokens: id and span. Reused between calls, one thread at a time.</summary>
internal sealed class TokenBuffer
{
    private int[] _ids = new int[64];
    private int[] _starts = new int[64];
    private int[] _ends = new int[64];

    public int Count { get; private set; }

    public Span<int> Ids => _ids.AsSpan(0, Count);

    public Span<int> Starts => _starts.AsSpan(0, Count);

    public Span<int> Ends => _ends.AsSpan(0, Count);

    /// <summary>Added tokens by index with the white space at both ends of the text they took: a post-processor may trim it from their spans.</summary>
    public List<(int Index, int Leading, int Trailing)> AddedTokens { get; } = [];

    public void Clear()
    {
        Count = 0;
        AddedTokens.Clear();
    }

    /// <summary>Takes away all tokens from <paramref name="count"/> on.</summary>
    public void Truncate(int count) => Count = count;

    public void Add(int id, int start, int end)
    {
        if (Count == _ids.Length)
        {
            Array.Resize(ref _ids, Count * 2);
            Array.Resize(ref _starts, Count * 2);
            Array.Resize(ref _ends, Count * 2);
        }

        _ids[Count] = id;
        _starts[Count] = start;
        _ends[Count++] = end;
    }

    public void Add(int id, TextSpan span) => Add(id, span.Start, span.End);

    /// <summary>Puts a token without source in front of the one at <paramref name="index"/>.</summary>
    public void Insert(int index, int id)
    {
        Add(id, 0, 0);
        foreach (var column in (ReadOnlySpan<int[]>)[_ids, _starts, _ends])
        {
            Array.Copy(column, index, column, index + 1, Count - 1 - index);
        }

        (_ids[index], _starts[index], _ends[index]) = (id, 0, 0);
        foreach (ref var added in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(AddedTokens))
        {
            added.Index += added.Index >= index ? 1 : 0;
        }
    }
}

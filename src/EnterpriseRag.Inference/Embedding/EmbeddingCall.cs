namespace EnterpriseRag.Inference.Embedding;

/// <summary>The texts of one call on their way through the threads. Per text nothing is allocated but its vector. Members say which lock or thread they need.</summary>
internal sealed class EmbeddingCall
{
    private readonly IReadOnlyList<string> _texts;
    private readonly int[] _order; // longest first, so that the last texts to run are short and the workers end together
    private readonly float[][] _vectors; // each place written once, by the worker that ran its text
    private readonly TaskCompletionSource<EmbeddedTexts> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _next; // the tokenizing thread's
    private int _open; // Interlocked
    private long _tokens; // Interlocked

    public EmbeddingCall(IReadOnlyList<string> texts, string prefix)
    {
        _texts = texts;
        Prefix = prefix;
        _vectors = new float[texts.Count][];
        _open = texts.Count;
        _order = new int[texts.Count];
        var lengths = new int[texts.Count];
        for (int i = 0; i < _order.Length; i++)
        {
            (_order[i], lengths[i]) = (i, -texts[i].Length);
        }

        Array.Sort(lengths, _order);
    }

    public string Prefix { get; }

    public Task<EmbeddedTexts> Done => _done.Task;

    /// <summary>Done, failed or cancelled: what is left of it need not be computed.</summary>
    public bool HasEnded => _done.Task.IsCompleted;

    /// <summary>Whether texts are left to be tokenized. The tokenizing thread's.</summary>
    public bool HasNext => _next < _order.Length;

    /// <summary>The next text and its place among the results. The tokenizing thread's.</summary>
    public (int Place, string Text) Next()
    {
        int place = _order[_next++];
        return (place, _texts[place]);
    }

    public void Complete(int place, float[] vector, int tokens)
    {
        _vectors[place] = vector;
        long all = Interlocked.Add(ref _tokens, tokens);
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _done.TrySetResult(new EmbeddedTexts(_vectors, all));
        }
    }

    public void Fail(Exception e) => _done.TrySetException(e);

    public void Cancel(CancellationToken cancellationToken) => _done.TrySetCanceled(cancellationToken);
}

/// <param name="Vectors">One a text, in the texts' order, of unit length.</param>
/// <param name="Tokens">Tokens that the model read.</param>
internal readonly record struct EmbeddedTexts(float[][] Vectors, long Tokens);

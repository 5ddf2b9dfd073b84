namespace EnterpriseRag.Inference.Tokenization;

/// <summary>Where in a source text special tokens are recognised: everywhere, nowhere, or inside the given spans only.</summary>
internal readonly ref struct SpecialTokenScope
{
    private readonly bool _everywhere;
    private readonly ReadOnlySpan<TextSpan> _spans; // in order, not touching

    private SpecialTokenScope(bool everywhere, ReadOnlySpan<TextSpan> spans)
    {
        _everywhere = everywhere;
        _spans = spans;
    }

    public bool IsNowhere => !_everywhere && _spans.IsEmpty;

    /// <summary>True where <see cref="Allows"/> needs spans of the source.</summary>
    public bool NeedsSource => !_spans.IsEmpty;

    public static SpecialTokenScope Of(EncodeOptions options) => new(options.SpecialTokensInText, []);

    public static SpecialTokenScope Within(ReadOnlySpan<TextSpan> spans) => new(everywhere: false, spans);

    /// <summary>Whether a special token may stand at a span: all of it must be allowed, so content cannot complete a literal.</summary>
    public bool Allows(TextSpan source)
    {
        if (_everywhere)
        {
            return true;
        }

        var at = _spans.BinarySearch(new ByStart(source.Start));
        var candidate = at >= 0 ? at : ~at - 1;
        return candidate >= 0 && source.End <= _spans[candidate].End;
    }

    private readonly struct ByStart(int start) : IComparable<TextSpan>
    {
        public int CompareTo(TextSpan other) => start.CompareTo(other.Start);
    }
}

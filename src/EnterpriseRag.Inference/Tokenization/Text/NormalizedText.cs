namespace EnterpriseRag.Inference.Tokenization.Text;

/// <summary>
/// A text on its way through normalisers and pre-tokenisers: well-formed UTF-16 and, if asked for, for each unit the
/// span of the source it stands for. Changed by whole rewrites from a front to a back buffer. One thread at a time.
/// </summary>
internal sealed class NormalizedText
{
    private readonly Buffer _a = new();
    private readonly Buffer _b = new();
    private Buffer _front;
    private Buffer _back;

    public NormalizedText()
    {
        _front = _a;
        _back = _b;
    }

    /// <summary>False when the caller wants ids only: then no spans are kept and all span arguments are ignored.</summary>
    public bool TracksSource { get; private set; }

    public ReadOnlySpan<char> Text => _front.Chars.AsSpan(0, _front.Length);

    public int Length => _front.Length;

    /// <summary>Units written so far in the current rewrite.</summary>
    public int Written => _back.Length;

    /// <summary>Room for the matches of a pattern.</summary>
    public List<Piece> Matches { get; } = [];

    /// <summary>Units held by the buffers: what a pool would keep alive.</summary>
    public int Capacity => _a.Chars.Length + _b.Chars.Length;

    /// <summary>Takes a source text; lone surrogates, which no tokenizer knows, become U+FFFD.</summary>
    /// <param name="source">Text.</param>
    /// <param name="origin">Index of <paramref name="source"/> in the text that spans refer to.</param>
    /// <param name="tracksSource">See <see cref="TracksSource"/>.</param>
    public void Reset(ReadOnlySpan<char> source, int origin, bool tracksSource)
    {
        TracksSource = tracksSource;
        _front.Reserve(source.Length, tracksSource);
        source.CopyTo(_front.Chars);
        _front.Length = source.Length;
        if (tracksSource)
        {
            for (var i = 0; i < source.Length; i++)
            {
                _front.Starts[i] = origin + i;
                _front.Ends[i] = origin + i + 1;
            }
        }

        var next = source.IndexOfAnyInRange('\uD800', '\uDFFF');
        for (var i = next; next >= 0 && i < source.Length; i++)
        {
            if (char.IsHighSurrogate(source[i]) && i + 1 < source.Length && char.IsLowSurrogate(source[i + 1]))
            {
                if (tracksSource)
                {
                    _front.Ends[i] = origin + i + 2;
                    _front.Starts[i + 1] = origin + i;
                }

                i++;
            }
            else if (char.IsSurrogate(source[i]))
            {
                _front.Chars[i] = '\uFFFD';
            }
        }
    }

    /// <summary>Takes a part of another text with its spans.</summary>
    public void Reset(NormalizedText other, int start, int length)
    {
        TracksSource = other.TracksSource;
        _front.Length = 0;
        _front.Reserve(length, TracksSource);
        _front.CopyFrom(other._front, start, length, TracksSource);
    }

    /// <summary>Span of the source for a part of the text; (0, 0) when spans are not kept or the part is empty.</summary>
    public TextSpan Source(int start, int end) =>
        TracksSource && end > start ? new TextSpan(_front.Starts[start], _front.Ends[end - 1]) : default;

    public void BeginRewrite()
    {
        _back.Length = 0;
        _back.Reserve(_front.Length, TracksSource);
    }

    /// <summary>Writes a part of the text unchanged.</summary>
    public void Copy(int start, int length) => _back.CopyFrom(_front, start, length, TracksSource);

    /// <summary>Writes new text that stands for the unit at <paramref name="at"/>; at −1 for nothing in the source.</summary>
    public void Write(ReadOnlySpan<char> text, int at)
    {
        _back.Reserve(_back.Length + text.Length, TracksSource);
        text.CopyTo(_back.Chars.AsSpan(_back.Length));
        if (TracksSource)
        {
            var (start, end) = at < 0 ? (0, 0) : (_front.Starts[at], _front.Ends[at]);
            _back.Starts.AsSpan(_back.Length, text.Length).Fill(start);
            _back.Ends.AsSpan(_back.Length, text.Length).Fill(end);
        }

        _back.Length += text.Length;
    }

    /// <summary>Writes one new unit that stands for the unit at <paramref name="at"/>.</summary>
    public void Write(char unit, int at) => Write(new ReadOnlySpan<char>(in unit), at);

    /// <summary>Lets the last <paramref name="length"/> written units stand for the unit at <paramref name="at"/> instead.</summary>
    public void Realign(int length, int at)
    {
        if (TracksSource)
        {
            _back.Starts.AsSpan(_back.Length - length, length).Fill(_front.Starts[at]);
            _back.Ends.AsSpan(_back.Length - length, length).Fill(_front.Ends[at]);
        }
    }

    public void EndRewrite() => (_front, _back) = (_back, _front);

    /// <summary>The written units, for in-place replacement by units of the same length.</summary>
    public Span<char> WrittenFrom(int start) => _back.Chars.AsSpan(start, _back.Length - start);

    private sealed class Buffer
    {
        public char[] Chars { get; private set; } = new char[256];

        public int[] Starts { get; private set; } = [];

        public int[] Ends { get; private set; } = [];

        public int Length { get; set; }

        public void Reserve(int length, bool spans)
        {
            if (Chars.Length < length)
            {
                var chars = Chars;
                Array.Resize(ref chars, Math.Max(length, checked(chars.Length * 2)));
                Chars = chars;
            }

            if (spans && Starts.Length < Chars.Length)
            {
                var (starts, ends) = (Starts, Ends);
                Array.Resize(ref starts, Chars.Length);
                Array.Resize(ref ends, Chars.Length);
                (Starts, Ends) = (starts, ends);
            }
        }

        public void CopyFrom(Buffer other, int start, int length, bool spans)
        {
            Reserve(Length + length, spans);
            other.Chars.AsSpan(start, length).CopyTo(Chars.AsSpan(Length));
            if (spans)
            {
                other.Starts.AsSpan(start, length).CopyTo(Starts.AsSpan(Length));
                other.Ends.AsSpan(start, length).CopyTo(Ends.AsSpan(Length));
            }

            Length += length;
        }
    }
}

using EnterpriseRag.Inference.Tokenization.Components;
using EnterpriseRag.Inference.Tokenization.Text;

namespace EnterpriseRag.Inference.Tokenization.PreTokenizers;

/// <summary>What becomes of the delimiters when a text is divided at them.</summary>
internal enum SplitBehavior
{
    /// <summary>They vanish.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>A delimiter ends the piece before it; a second one in a row is a piece.</summary>
    MergedWithPrevious,

    /// <summary>A delimiter begins the piece after it; one before another delimiter is a piece.</summary>
    MergedWithNext,

    /// <summary>Neighbouring delimiters are one piece.</summary>
    Contiguous,
}

/// <summary>Makes pieces of a run of segments, in order and without gaps, by a <see cref="SplitBehavior"/>. Use as a local.</summary>
internal ref struct PieceDivider(PreTokenizedText text, SplitBehavior behavior)
{
    private int _start;
    private int _end;
    private bool _open; // a piece that may still grow
    private bool _afterDelimiter;

    public static SplitBehavior Read(ComponentSettings settings, string name) =>
        Enum.TryParse<SplitBehavior>(settings.Text(name), out var behavior) && Enum.IsDefined(behavior)
            ? behavior
            : throw settings.Unsupported($"{name} '{settings.Text(name)}'");

    public void Add(int start, int end, bool isDelimiter)
    {
        switch (behavior)
        {
            case SplitBehavior.Isolated:
            case SplitBehavior.Removed when !isDelimiter:
                text.Add(start, end);
                break;
            case SplitBehavior.Removed:
                break;
            case SplitBehavior.MergedWithNext:
                Grow(start, end, grows: !isDelimiter && _afterDelimiter);
                break;
            case SplitBehavior.MergedWithPrevious:
                Grow(start, end, grows: isDelimiter && !_afterDelimiter);
                break;
            default:
                Grow(start, end, grows: isDelimiter == _afterDelimiter);
                break;
        }

        _afterDelimiter = isDelimiter;
    }

    /// <summary>Ends the run.</summary>
    public void Finish()
    {
        if (_open)
        {
            text.Add(_start, _end);
        }

        (_open, _afterDelimiter) = (false, false);
    }

    private void Grow(int start, int end, bool grows)
    {
        if (_open && grows)
        {
            _end = end;
            return;
        }

        if (_open)
        {
            text.Add(_start, _end);
        }

        (_start, _end, _open) = (start, end, true);
    }
}

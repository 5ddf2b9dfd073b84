namespace EnterpriseRag.Inference.Generation.ToolCalls;

/// <summary>Keeps the calls of functions out of a streamed text: what may be the beginning of one is held back until it is decided.</summary>
internal sealed class ToolCallReader(ToolCallFormat format, Func<string, bool> isKnown)
{
    private string _held = "";
    private bool _collects; // a call has begun
    private bool _said; // text was given out

    /// <summary>Takes the next piece and returns what is certainly no call.</summary>
    public string Push(string piece)
    {
        _held += piece;
        if (_collects)
        {
            return "";
        }

        if (format.IsWholeAnswer)
        {
            string trimmed = _held.TrimStart();
            _collects = !_said && trimmed.StartsWith(format.Marker, StringComparison.Ordinal);
            return _collects || (!_said && trimmed.Length == 0) ? "" : Give(_held.Length);
        }

        int at = _held.IndexOf(format.Marker, StringComparison.Ordinal);
        if (at >= 0)
        {
            _collects = true;
            string before = _held[..at].TrimEnd();
            _held = _held[at..];
            return before;
        }

        // With the white space before it, which belongs to neither text nor call.
        return Give(_held.AsSpan(0, _held.Length - LongestBeginning(_held, format.Marker)).TrimEnd().Length);
    }

    /// <summary>The calls, or the text that only looked like one.</summary>
    public (string Text, List<ToolCall> Calls) Finish() =>
        _collects && format.Read(_held, isKnown) is { } calls ? ("", calls) : (_held, []);

    private string Give(int length)
    {
        string text = _held[..length];
        _held = _held[length..];
        _said |= length > 0;
        return text;
    }

    private static int LongestBeginning(string text, string marker)
    {
        for (int length = Math.Min(marker.Length - 1, text.Length); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(marker.AsSpan(0, length)))
            {
                return length;
            }
        }

        return 0;
    }
}

namespace EnterpriseRag.Inference.Generation;

/// <summary>
/// Cuts a streamed text before the first stop string, also when it spans several pieces: what may be the beginning of one is held back until it is decided.
/// </summary>
internal sealed class StopStrings(IEnumerable<string>? stops)
{
    private readonly string[] _stops = [.. (stops ?? []).Where(s => s.Length > 0)];
    private string _held = "";

    /// <summary>A stop string was found; nothing more comes.</summary>
    public bool Found { get; private set; }

    /// <summary>Takes the next piece and returns what is certain, often all of it.</summary>
    public string Push(string piece)
    {
        if (_stops.Length == 0 || Found)
        {
            return Found ? "" : piece;
        }

        if (piece.Length == 0)
        {
            return "";
        }

        string text = _held + piece;
        // The one that is complete first, as if the text came letter by letter; of several that end there, the longest.
        int first = -1;
        int end = int.MaxValue;
        foreach (string stop in _stops)
        {
            int at = text.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (at + stop.Length < end || (at + stop.Length == end && at < first)))
            {
                (first, end) = (at, at + stop.Length);
            }
        }

        if (first >= 0)
        {
            Found = true;
            _held = "";
            return text[..first];
        }

        int keep = _stops.Max(stop => LongestBeginning(text, stop));
        _held = text[^keep..];
        return text[..^keep];
    }

    /// <summary>What was held back, when the text has ended without a stop string.</summary>
    public string Finish() => Found ? "" : _held;

    /// <summary>Length of the longest end of the text that is a beginning of the stop string.</summary>
    private static int LongestBeginning(string text, string stop)
    {
        for (int length = Math.Min(stop.Length - 1, text.Length); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
            {
                return length;
            }
        }

        return 0;
    }
}

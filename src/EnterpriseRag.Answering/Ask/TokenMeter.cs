using Microsoft.Extensions.AI;

namespace EnterpriseRag.Answering.Ask;

/// <summary>Counts tokens and decode time of one generation. The usage of the last update wins; a stream that was left early has only its own count.</summary>
internal sealed class TokenMeter(TimeProvider time)
{
    private long _first;
    private long _last;
    private int _updates;
    private UsageDetails? _usage;

    public int InputTokens => (int)(_usage?.InputTokenCount ?? 0);

    public int OutputTokens => (int)(_usage?.OutputTokenCount ?? _updates);

    /// <summary>
    /// Tokens after the first by the time between first and last update; 0 for fewer than two. The engine's own decode time is taken where it is
    /// known, because checks and spool rows stand between the updates that are seen here.
    /// </summary>
    public double TokensPerSecond =>
        _usage?.AdditionalCounts is { } counts && counts.TryGetValue("decodeMicroseconds", out var micros) && micros > 0 ? (OutputTokens - 1) * 1e6 / micros
        : _updates > 1 ? (_updates - 1) / time.GetElapsedTime(_first, _last).TotalSeconds
        : 0;

    public void Count(ChatResponseUpdate update)
    {
        foreach (var content in update.Contents)
        {
            if (content is UsageContent usage)
            {
                _usage = usage.Details;
            }
        }

        if (update.Text.Length > 0)
        {
            _last = time.GetTimestamp();
            if (_updates++ == 0)
            {
                _first = _last;
            }
        }
    }
}

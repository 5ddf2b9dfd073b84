using Microsoft.Extensions.Logging;

namespace EnterpriseRag.Audit;

/// <summary>
/// Whether the ledger writes now (for /health/ready and for telling people why nothing is answered). Safe for concurrent callers.
/// </summary>
public sealed class AuditHealth(TimeProvider time, ILogger<AuditHealth> logger)
{
    private readonly Lock _gate = new();
    private volatile State _state = new(false, false, "The ledger has not started.", time.GetUtcNow());

    public bool IsOpen => _state.Open;

    /// <summary>Why it is closed; null when open. No personal data.</summary>
    public string? Reason => _state.Open ? null : _state.Reason;

    public DateTimeOffset Since => _state.Since;

    /// <summary>True when only a restart after repair can open it: the log does not fit its head.</summary>
    internal bool IsFinal => _state.Final;

    internal void Open()
    {
        lock (_gate)
        {
            if (_state is { Open: false, Final: false })
            {
                _state = new State(true, false, "", time.GetUtcNow());
                Log.Opened(logger);
            }
        }
    }

    internal void Close(string reason, Exception? cause = null, bool final = false)
    {
        lock (_gate)
        {
            if (_state.Final || (!_state.Open && !final && string.Equals(_state.Reason, reason, StringComparison.Ordinal)))
            {
                return;
            }

            _state = new State(false, final, reason, time.GetUtcNow());
            Log.Closed(logger, reason, cause);
        }
    }

    private sealed record State(bool Open, bool Final, string Reason, DateTimeOffset Since);
}

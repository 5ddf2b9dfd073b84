using System.Collections.Concurrent;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>
/// Callers that need the same thing at once wait for one load: after a start, hundreds of requests may ask for the same pseudonym or key, and each query of its own
/// would exhaust the pool. Nothing is kept: a load that ended, well or not, is forgotten. Safe for concurrent callers.
/// </summary>
internal sealed class SharedLoads<TKey, TValue>(TimeSpan limit, TimeProvider time)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<TValue>>> _running = new();

    /// <param name="key">Names the thing.</param>
    /// <param name="load">Gets a token of its own: one caller that gives up does not end the load of the others.</param>
    /// <param name="cancellationToken">Ends the wait only.</param>
    public Task<TValue> GetAsync(TKey key, Func<CancellationToken, Task<TValue>> load, CancellationToken cancellationToken) =>
        _running.GetOrAdd(key, name => new Lazy<Task<TValue>>(() => RunAsync(name, load))).Value.WaitAsync(cancellationToken);

    private async Task<TValue> RunAsync(TKey key, Func<CancellationToken, Task<TValue>> load)
    {
        using var ending = new CancellationTokenSource(limit, time);
        try
        {
            return await load(ending.Token);
        }
        finally
        {
            _running.TryRemove(key, out _);
        }
    }
}

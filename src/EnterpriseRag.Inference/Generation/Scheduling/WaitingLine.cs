namespace EnterpriseRag.Inference.Generation.Scheduling;

/// <summary>
/// Requests that wait for a slot. First the larger priority, then the user who was served longest ago, then who came first. Whoever was passed over often enough
/// rises, so nobody waits for ever. Not thread-safe.
/// </summary>
internal sealed class WaitingLine(int capacity)
{
    /// <summary>A request rises by one priority each time so many others were taken before it.</summary>
    private const int TakenToRise = 4;

    private const int RememberedUsers = 1024;

    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, long> _served = new(StringComparer.Ordinal); // by user: number of its last take
    private long _takes;

    public int Count => _entries.Count;

    public GenerationRequest this[int index] => _entries[index].Request;

    /// <summary>False when the line is full, or this user has half of it: one user's crowd must not keep the others out.</summary>
    public bool TryAdd(GenerationRequest request)
    {
        string? user = request.Placement.User;
        if (_entries.Count >= capacity || (user is not null && _entries.Count(e => string.Equals(e.Request.Placement.User, user, StringComparison.Ordinal)) >= (capacity + 1) / 2))
        {
            return false;
        }

        _entries.Add(new Entry(request));
        return true;
    }

    /// <summary>The request whose turn it is; null when none may start.</summary>
    /// <param name="batchAllowed">False: batch tasks wait.</param>
    public GenerationRequest? Peek(bool batchAllowed)
    {
        Entry? best = null;
        foreach (Entry entry in _entries) // no allocation: asked before every step while somebody waits
        {
            if ((batchAllowed || !entry.Request.Placement.IsBatch) && (best is null || Before(entry, best)))
            {
                best = entry;
            }
        }

        return best?.Request;
    }

    /// <summary>Takes a request out because its turn has come.</summary>
    public void Take(GenerationRequest request)
    {
        Remove(request);
        _takes++;
        foreach (Entry entry in _entries)
        {
            entry.PassedOver++;
        }

        if (request.Placement.User is { } user)
        {
            if (_served.Count == RememberedUsers)
            {
                _served.Clear();
            }

            _served[user] = _takes;
        }
    }

    /// <summary>Takes a request out that waits no longer.</summary>
    public void Remove(GenerationRequest request) => _entries.RemoveAll(e => ReferenceEquals(e.Request, request));

    private bool Before(Entry a, Entry b)
    {
        (int priorityA, int priorityB) = (Priority(a), Priority(b));
        return priorityA != priorityB ? priorityA > priorityB : LastServed(a) < LastServed(b); // equal: the earlier stays
    }

    private static int Priority(Entry entry) => entry.Request.Placement.Priority + (entry.PassedOver / TakenToRise);

    private long LastServed(Entry entry) => entry.Request.Placement.User is { } user ? _served.GetValueOrDefault(user) : 0;

    private sealed class Entry(GenerationRequest request)
    {
        public GenerationRequest Request { get; } = request;

        public int PassedOver { get; set; }
    }
}

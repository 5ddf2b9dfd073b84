namespace EnterpriseRag.Storage.Keys;

/// <summary>
/// Unwrapped keys for a short time: an answer unwraps the same key several times. A deletion bumps the generation, so that a load that began before it
/// cannot put the deleted key back. Guarded by one lock; nothing slow happens inside it.
/// </summary>
internal sealed class KeyCache(TimeProvider time)
{
    /// <summary>How long another process's deletion can go unnoticed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);
    private const int Capacity = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<KeyName, Entry> _byName = [];
    private readonly Dictionary<Guid, Entry> _byId = [];
    private long _generation;

    /// <summary>Take it before loading and hand it to <see cref="Add"/>.</summary>
    public long Generation
    {
        get
        {
            lock (_lock)
            {
                return _generation;
            }
        }
    }

    public SubjectKey? Find(KeyName name)
    {
        lock (_lock)
        {
            return Living(_byName.GetValueOrDefault(name));
        }
    }

    public SubjectKey? Find(Guid id)
    {
        lock (_lock)
        {
            return Living(_byId.GetValueOrDefault(id));
        }
    }

    public void Add(KeyName name, SubjectKey key, long generation)
    {
        lock (_lock)
        {
            if (generation != _generation)
            {
                return;
            }

            if (_byId.Count >= Capacity)
            {
                // A month has few active subjects; emptying is simpler than ageing and costs one query per key.
                _byName.Clear();
                _byId.Clear();
            }

            Forget(name);
            var entry = new Entry(key, time.GetTimestamp());
            _byName[name] = entry;
            _byId[key.Id] = entry;
        }
    }

    public void Remove(KeyName name)
    {
        lock (_lock)
        {
            _generation++;
            Forget(name);
        }
    }

    private void Forget(KeyName name)
    {
        if (_byName.Remove(name, out var entry))
        {
            _byId.Remove(entry.Key.Id);
        }
    }

    private SubjectKey? Living(Entry? entry) => entry is not null && time.GetElapsedTime(entry.LoadedAt) < Lifetime ? entry.Key : null;

    private sealed record Entry(SubjectKey Key, long LoadedAt);
}

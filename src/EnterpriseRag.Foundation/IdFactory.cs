namespace EnterpriseRag.Foundation;

/// <summary>Makes UUIDv7 ids from the injected clock, so that tests are repeatable in time and ids sort by creation.</summary>
public sealed class IdFactory(TimeProvider time)
{
#pragma warning disable RS0030 // the one place that may call it: everybody else injects this factory
    public Guid Next() => Guid.CreateVersion7(time.GetUtcNow());
#pragma warning restore RS0030
}

using EnterpriseRag.Foundation;

namespace EnterpriseRag.Retrieval.Access;

/// <summary>Computes <see cref="ReadableScope"/> from memberships and walls. Fails closed: an unreadable database denies.</summary>
public sealed class ScopeResolver
{
    public Task<ReadableScope> ResolveAsync(PersonId person, CancellationToken cancellationToken) => throw new NotSupportedException("stub");
}

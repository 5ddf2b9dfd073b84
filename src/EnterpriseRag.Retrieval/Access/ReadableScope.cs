using EnterpriseRag.Foundation;

namespace EnterpriseRag.Retrieval.Access;

/// <summary>
/// What one person may read, computed per request from the database (never from a token). Denial wins: a walled matter
/// is not in <see cref="Matters"/>. A required parameter of every search and every document read.
/// </summary>
public sealed class ReadableScope
{
    internal ReadableScope(PersonId person, IReadOnlySet<MatterId> matters, IReadOnlySet<MatterId> walled, string decisionId)
    {
        Person = person;
        Matters = matters;
        Walled = walled;
        DecisionId = decisionId;
    }

    public PersonId Person { get; }

    public IReadOnlySet<MatterId> Matters { get; }

    /// <summary>Matters the person would read but for a wall; used only to count denials for the ledger.</summary>
    public IReadOnlySet<MatterId> Walled { get; }

    /// <summary>SHA-256 (hex) over person, matters and walls: names this decision in the ledger.</summary>
    public string DecisionId { get; }

    /// <summary>The part of this scope that the caller asked for. Matters outside the scope are dropped silently.</summary>
    public ReadableScope Within(IReadOnlyCollection<MatterId>? asked) =>
        asked is null or { Count: 0 } ? this : new ReadableScope(Person, Matters.Where(asked.Contains).ToHashSet(), Walled.Where(asked.Contains).ToHashSet(), DecisionId);
}

using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Postgres;
using NpgsqlTypes;

namespace EnterpriseRag.Retrieval.Access;

/// <summary>Computes <see cref="ReadableScope"/> from memberships and walls. Fails closed: an unreadable database throws, so nothing is readable.</summary>
public sealed class ScopeResolver(Databases databases)
{
    // One statement, hence one snapshot: a wall that is set at the same time is either seen with all its effect or not at all.
    private const string Query =
        """
        SELECT m.matter_id, EXISTS (SELECT FROM rag.matter_wall w WHERE w.matter_id = m.matter_id AND w.person_id = m.person_id)
        FROM rag.matter_member m
        WHERE m.person_id = $1
        """;

    /// <summary>What the person may read now. Safe for concurrent callers.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The database does not answer; the caller denies.</exception>
    public async Task<ReadableScope> ResolveAsync(PersonId person, CancellationToken cancellationToken)
    {
        var readable = new HashSet<MatterId>();
        var walled = new HashSet<MatterId>();
        await using var command = databases.Rag.CreateCommand(Query);
        command.Parameters.Add(new() { Value = person.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            (reader.GetBoolean(1) ? walled : readable).Add(new MatterId(reader.GetGuid(0)));
        }

        return new ReadableScope(person, readable, walled, Decision(person, readable, walled));
    }

    /// <summary>Hash of the decision in one spelling: lower-case ids, sorted, one a line.</summary>
    internal static string Decision(PersonId person, IEnumerable<MatterId> readable, IEnumerable<MatterId> walled)
    {
        var text = new StringBuilder("scope/1\nperson ").Append(person).Append('\n');
        Append("read ", readable);
        Append("wall ", walled);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        void Append(string kind, IEnumerable<MatterId> matters)
        {
            foreach (var matter in matters.Select(m => m.ToString()).Order(StringComparer.Ordinal))
            {
                text.Append(kind).Append(matter).Append('\n');
            }
        }
    }
}

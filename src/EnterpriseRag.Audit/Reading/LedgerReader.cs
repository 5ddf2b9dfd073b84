using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using EnterpriseRag.Audit.Canonical;
using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Merkle;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Postgres;
using Npgsql;

namespace EnterpriseRag.Audit.Reading;

/// <summary>
/// Reads the clear parts of records for the Audit page, each with its proof recomputed against the head of the same snapshot. Uses the verifier's role, which
/// cannot read content. Who may call it is the caller's business. Safe for concurrent callers.
/// </summary>
public sealed class LedgerReader(Databases databases)
{
    private const int MaxPage = 200;
    private static readonly SearchValues<char> s_base64Url = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    // The pseudonym is looked for in the bytes: a damaged core must be shown, not stop the query. It walks the log; there is no index of persons on purpose.
    private const string Select =
        """
        SELECT log_id, seq, rid, of_rid, type, t, leaf_hash, core FROM audit.leaf
         WHERE (log_id, seq) < ($1, $2)
           AND ($3::smallint IS NULL OR type = $3)
           AND ($4::uuid IS NULL OR rid = $4 OR of_rid = $4)
           AND ($5::timestamptz IS NULL OR t >= $5)
           AND ($6::timestamptz IS NULL OR t < $6)
           AND ($7::bytea IS NULL OR position($7 IN core) > 0)
         ORDER BY log_id DESC, seq DESC LIMIT $8
        """;

    /// <param name="filter">What to show.</param>
    /// <param name="limit">Records wanted, 1 to 200.</param>
    /// <param name="next">Of the page before; null for the newest.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <exception cref="ArgumentException">An unknown type, a pseudonym or position of another form.</exception>
    public async Task<LedgerPage> ReadAsync(LedgerFilter filter, int limit, string? next, CancellationToken cancellationToken)
    {
        limit = Math.Clamp(limit, 1, MaxPage);
        await using var connection = await databases.AuditVerifier.OpenConnectionAsync(cancellationToken);
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var heads = (await LogHead.ReadAllAsync(connection, cancellationToken)).ToDictionary(head => head.Id);
        var rows = await SelectAsync(connection, filter, limit, next, cancellationToken);
        var records = new List<LedgerRecord>(rows.Count);
        foreach (var log in rows.GroupBy(row => row.LogId))
        {
            records.AddRange(await ProveAsync(connection, heads[log.Key], [.. log], cancellationToken));
        }

        var position = rows.Count == limit ? $"{rows[^1].LogId}-{rows[^1].Seq}" : null;
        return new LedgerPage(records, position);
    }

    /// <summary>All logs, newest first.</summary>
    public async Task<IReadOnlyList<LogStatus>> StatusAsync(CancellationToken cancellationToken)
    {
        await using var connection = await databases.AuditVerifier.OpenConnectionAsync(cancellationToken);
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var heads = await LogHead.ReadAllAsync(connection, cancellationToken);
        var open = new Dictionary<short, long>();
        await using (var command = new NpgsqlCommand("SELECT log_id, count(rid) FROM audit.open_request GROUP BY log_id", connection))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                open[reader.GetInt16(0)] = reader.GetInt64(1);
            }
        }

        heads.Reverse();
        return heads.ConvertAll(head => new LogStatus(
            head.Name,
            Math.Max(0, head.Size),
            Convert.ToHexStringLower(head.Root),
            head.Size > 0 ? head.LastTime : null,
            Frontier.Parse(head.Size, head.Frontier) is { } frontier && frontier.Root().AsSpan().SequenceEqual(head.Root),
            open.GetValueOrDefault(head.Id)));
    }

    private static async Task<List<Row>> SelectAsync(NpgsqlConnection connection, LedgerFilter filter, int limit, string? next, CancellationToken cancellationToken)
    {
        var (log, seq) = Position(next);
        await using var command = new NpgsqlCommand(Select, connection);
        command.Parameters.Add(new() { Value = log });
        command.Parameters.Add(new() { Value = seq });
        Add(command, filter.Type is { } type ? (short)(LeafTypes.Parse(type) ?? throw new ArgumentException($"The record type '{type}' is unknown.", nameof(filter))) : null, NpgsqlTypes.NpgsqlDbType.Smallint);
        Add(command, filter.Request?.Value, NpgsqlTypes.NpgsqlDbType.Uuid);
        Add(command, filter.From?.UtcDateTime, NpgsqlTypes.NpgsqlDbType.TimestampTz);
        Add(command, filter.Until?.UtcDateTime, NpgsqlTypes.NpgsqlDbType.TimestampTz);
        Add(command, filter.Pseudonym is { } pseudonym ? ActorBytes(pseudonym) : null, NpgsqlTypes.NpgsqlDbType.Bytea);
        command.Parameters.Add(new() { Value = limit });

        var rows = new List<Row>(limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new Row(
                reader.GetInt16(0),
                reader.GetInt64(1),
                reader.GetGuid(2),
                await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetGuid(3),
                reader.GetInt16(4),
                BatchCommit.Utc(reader.GetDateTime(5)),
                reader.GetFieldValue<byte[]>(6),
                reader.GetFieldValue<byte[]>(7)));
        }

        return rows;
    }

    private static async Task<IEnumerable<LedgerRecord>> ProveAsync(NpgsqlConnection connection, LogHead head, List<Row> rows, CancellationToken cancellationToken)
    {
        var tree = new TreeReader(connection, head.Id, head.Size);
        var inside = rows.Where(row => row.Seq < head.Size).ToDictionary(row => row.Seq, row => ProofShape.Inclusion(row.Seq, head.Size));
        await tree.LoadAsync(inside.Values.SelectMany(ranges => ranges).Distinct().SelectMany(ProofShape.Nodes), cancellationToken);
        return rows.Select(row => Record(head, row, State(head, row, tree, inside.GetValueOrDefault(row.Seq))));
    }

    private static ProofState State(LogHead head, Row row, TreeReader tree, List<LeafRange>? path)
    {
        if (!MerkleHash.Leaf(row.Core).AsSpan().SequenceEqual(row.LeafHash) || !CanonicalReader.IsCanonical(row.Core))
        {
            return ProofState.Changed;
        }

        var proof = path?.ConvertAll(tree.Hash);
        return proof is not null && !proof.Contains(null) && ProofCheck.Inclusion(row.Seq, head.Size, row.LeafHash, proof.ConvertAll(hash => hash ?? []), head.Root)
            ? ProofState.Proven
            : ProofState.NotInTree;
    }

    private static LedgerRecord Record(LogHead head, Row row, ProofState proof)
    {
        var fields = Fields(row.Core);
        return new LedgerRecord(
            head.Name, row.Seq, row.Time, LeafTypes.NameOf(row.Type), new RequestId(row.Rid), row.Of is { } of ? new RequestId(of) : null,
            fields.GetValueOrDefault("p"), fields.GetValueOrDefault("kind"), fields.GetValueOrDefault("purpose"), fields.GetValueOrDefault("outcome"),
            Encoding.UTF8.GetString(row.Core), Convert.ToHexStringLower(row.LeafHash), proof);
    }

    // A damaged core has no fields; it is shown as it is.
    private static Dictionary<string, string> Fields(byte[] core)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!CanonicalReader.IsCanonical(core))
        {
            return fields;
        }

        using var document = JsonDocument.Parse(core);
        var root = document.RootElement;
        if (root.TryGetProperty("actor", out var actor) && actor.ValueKind == JsonValueKind.Object)
        {
            Take(actor, "p", "p");
            Take(actor, "kind", "kind");
        }

        Take(root, "purpose", "purpose");
        Take(root, "outcome", "outcome");
        Take(root, "reason", "outcome");
        Take(root, "action", "outcome");
        return fields;

        void Take(JsonElement from, string name, string into)
        {
            if (from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { } text)
            {
                fields.TryAdd(into, text);
            }
        }
    }

    private static byte[] ActorBytes(string pseudonym) =>
        pseudonym.Length == 24 && pseudonym.StartsWith("p_", StringComparison.Ordinal) && !pseudonym.AsSpan(2).ContainsAnyExcept(s_base64Url)
            ? Encoding.ASCII.GetBytes($"\"p\":\"{pseudonym}\"")
            : throw new ArgumentException("A pseudonym has the form p_ and 22 characters.", nameof(pseudonym));

    private static (short Log, long Seq) Position(string? next)
    {
        if (next is null)
        {
            return (short.MaxValue, long.MaxValue);
        }

        var parts = next.Split('-');
        return parts.Length == 2 && short.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var log) && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var seq)
            ? (log, seq)
            : throw new ArgumentException("The position of the next page is not one that this reader gave.", nameof(next));
    }

    private static void Add(NpgsqlCommand command, object? value, NpgsqlTypes.NpgsqlDbType type) => command.Parameters.Add(new() { Value = value ?? DBNull.Value, NpgsqlDbType = type });

    private sealed record Row(short LogId, long Seq, Guid Rid, Guid? Of, short Type, DateTimeOffset Time, byte[] LeafHash, byte[] Core);
}

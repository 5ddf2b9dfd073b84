using System.Globalization;
using EnterpriseRag.Audit.Merkle;
using EnterpriseRag.Audit.Reading;
using EnterpriseRag.Storage.Postgres;
using Npgsql;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>
/// What must hold before the first append (ledger.md 2.5, T5): every log has as many records as its head says, without gap; the head's frontier is the one that tiles
/// and newest records give; the newest records have the hashes that are stored. Costs a count and a few rows per log; the whole tree is `rag audit verify`'s business.
/// </summary>
internal sealed class StartCheck(Databases databases)
{
    /// <returns>The verified heads.</returns>
    /// <exception cref="LedgerBrokenException">Names the log and what does not fit.</exception>
    public async Task<IReadOnlyList<LogHead>> RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await databases.AuditVerifier.OpenConnectionAsync(cancellationToken);
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var heads = await LogHead.ReadAllAsync(connection, cancellationToken);
        foreach (var head in heads)
        {
            await CheckAsync(connection, head, cancellationToken);
        }

        return heads;
    }

    private static async Task CheckAsync(NpgsqlConnection connection, LogHead head, CancellationToken cancellationToken)
    {
        if (Frontier.Parse(head.Size, head.Frontier) is not { } frontier || !frontier.Root().AsSpan().SequenceEqual(head.Root))
        {
            throw Broken(head, "its head contradicts itself");
        }

        var (count, last) = await CountAsync(connection, head.Id, cancellationToken);
        if (count != head.Size || last != head.Size - 1)
        {
            throw Broken(head, $"its head counts {head.Size} records, the table has {count} up to number {last.ToString(CultureInfo.InvariantCulture)}");
        }

        var tree = new TreeReader(connection, head.Id, head.Size);
        var nodes = ProofShape.Nodes(new LeafRange(0, head.Size));
        await tree.LoadAsync(nodes, cancellationToken);
        for (var i = 0; i < nodes.Count; i++)
        {
            if (tree.Hash(nodes[i]) is not { } hash || !hash.AsSpan().SequenceEqual(head.Frontier.AsSpan(i * MerkleHash.Size, MerkleHash.Size)))
            {
                throw Broken(head, $"its records from {nodes[i].Index << nodes[i].Level} on do not give the recorded root");
            }
        }

        await CheckNewestAsync(connection, head, cancellationToken);
    }

    private static async Task<(long Count, long Last)> CountAsync(NpgsqlConnection connection, short log, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT count(*), coalesce(max(seq), -1) FROM audit.leaf WHERE log_id = $1", connection) { CommandTimeout = 0 };
        command.Parameters.Add(new() { Value = log });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private static async Task CheckNewestAsync(NpgsqlConnection connection, LogHead head, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT seq, leaf_hash, core FROM audit.leaf WHERE log_id = $1 ORDER BY seq DESC LIMIT 256", connection);
        command.Parameters.Add(new() { Value = head.Id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (!MerkleHash.Leaf(reader.GetFieldValue<byte[]>(2)).AsSpan().SequenceEqual(reader.GetFieldValue<byte[]>(1)))
            {
                throw Broken(head, $"record {reader.GetInt64(0)} was changed");
            }
        }
    }

    private static LedgerBrokenException Broken(LogHead head, string what) =>
        new($"The ledger does not start: in log {head.Name} {what}. Nothing is appended to a log that may have been changed. Run 'rag audit verify', keep the database as it is for the investigation, and restore from a backup only with the data protection officer.");
}

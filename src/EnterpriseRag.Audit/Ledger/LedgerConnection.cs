using EnterpriseRag.Storage.Postgres;
using Npgsql;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>The writer's own connection; reopened after a failure. Used by one thread.</summary>
internal sealed class LedgerConnection(Databases databases, BatchCommit commit, TimeSpan timeout) : IDisposable
{
    private NpgsqlConnection? _connection;

    public IReadOnlyList<Placement> Commit(IReadOnlyList<PendingRecord> batch) => commit.Run(Open(), batch);

    /// <summary>Which of these records are in the log.</summary>
    public Dictionary<Guid, (LeafType Type, Placement Placement)> FindStored(IReadOnlyList<PendingRecord> records)
    {
        using var command = new NpgsqlCommand("SELECT rid, type, seq, leaf_hash FROM audit.leaf WHERE log_id = $1 AND rid = ANY ($2)", Open());
        command.Parameters.Add(new() { Value = records[0].Log.Id });
        command.Parameters.Add(new() { Value = records.Select(r => r.Rid).ToArray() });
        var stored = new Dictionary<Guid, (LeafType, Placement)>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            stored.Add(reader.GetGuid(0), ((LeafType)reader.GetInt16(1), new Placement(reader.GetInt64(2), reader.GetFieldValue<byte[]>(3))));
        }

        return stored;
    }

    /// <summary>Requests of these terminal records that have a terminal record in the log.</summary>
    public HashSet<Guid> FindEnded(IReadOnlyList<PendingRecord> records)
    {
        var ended = new HashSet<Guid>();
        var requests = records.Where(r => r.Closes && r.Of is not null).Select(r => r.Of.GetValueOrDefault()).ToArray();
        if (requests.Length == 0)
        {
            return ended;
        }

        using var command = new NpgsqlCommand("SELECT of_rid FROM audit.leaf WHERE log_id = $1 AND of_rid = ANY ($2) AND type IN (20, 21, 22)", Open());
        command.Parameters.Add(new() { Value = records[0].Log.Id });
        command.Parameters.Add(new() { Value = requests });
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            ended.Add(reader.GetGuid(0));
        }

        return ended;
    }

    public void Probe()
    {
        using var command = new NpgsqlCommand("SELECT count(*) FROM audit.head", Open());
        command.ExecuteScalar();
    }

    /// <summary>Forgets the connection after a failure: its state is unknown.</summary>
    public void Drop()
    {
        try
        {
            _connection?.Dispose();
        }
        catch (NpgsqlException)
        {
            // it was broken already
        }

        _connection = null;
    }

    /// <summary>After an outage: the pools of the ledger and its keys hold connections that died with the server and do not know it.</summary>
    public void Lost()
    {
        Drop();
        databases.AuditWriter.Clear();
        databases.AuditVerifier.Clear();
        databases.Keys.Clear();
        databases.Vault.Clear();
    }

    public void Dispose() => Drop();

    private NpgsqlConnection Open()
    {
        if (_connection is { State: System.Data.ConnectionState.Open } open)
        {
            return open;
        }

        Drop();
        var connection = databases.AuditWriter.CreateConnection();
        try
        {
            connection.Open();
            // The server enforces the limits even when this process hangs: a stopped writer may not keep the head locked.
            var ms = (int)timeout.TotalMilliseconds;
            using var limits = new NpgsqlCommand($"SET lock_timeout = {ms}; SET statement_timeout = {ms}; SET idle_in_transaction_session_timeout = {2 * ms}", connection);
            limits.ExecuteNonQuery();
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return _connection = connection;
    }
}

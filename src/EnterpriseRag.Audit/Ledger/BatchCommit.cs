using EnterpriseRag.Audit.Canonical;
using EnterpriseRag.Audit.Merkle;
using EnterpriseRag.Foundation;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>
/// One transaction of the ledger (ledger.md 2.5): lock the head, number the records, hash them into the tree, store leaves, sealed segments, spool
/// housekeeping and tiles, move the head. <c>synchronous_commit</c> is set in each transaction, because a role's setting can weaken it unseen.
/// </summary>
internal sealed class BatchCommit(CoreFactory cores, IdFactory ids, TimeProvider time, ILogger<BatchCommit> log)
{
    // The server cancels after the append timeout; this ends the wait for a server that says nothing at all.
    private const int SilenceSeconds = 3;
    private static readonly TimeSpan s_clockTolerance = TimeSpan.FromSeconds(1);
    private bool _clockReported; // the writer's thread only: one clock.anomaly record per episode

    /// <returns>Where the records stand, in their order.</returns>
    public IReadOnlyList<Placement> Run(NpgsqlConnection connection, IReadOnlyList<PendingRecord> batch)
    {
        var shard = batch[0].Log;
        using var transaction = connection.BeginTransaction();
        var head = LockHead(connection, shard);
        var frontier = head.Frontier(shard);

        var records = new List<PendingRecord>(batch.Count + 2);
        if (head.Size == 0)
        {
            records.Add(Genesis(connection, shard));
        }

        // Postgres keeps microseconds; the core, the column and the head must agree.
        var now = Truncate(time.GetUtcNow());
        if (head.LastTime - now > s_clockTolerance)
        {
            if (!_clockReported)
            {
                _clockReported = true;
                var behindMs = (long)(head.LastTime - now).TotalMilliseconds;
                Log.ClockBehind(log, behindMs, shard.Name);
                var rid = ids.Next();
                records.Add(new PendingRecord(shard, LeafType.ClockAnomaly, rid, null, cores.ClockAnomaly(shard, rid, behindMs)));
            }
        }
        else
        {
            _clockReported = false;
        }

        var own = records.Count;
        records.AddRange(batch);
        var t = now > head.LastTime ? now : head.LastTime;
        var leaves = new List<Leaf>(records.Count);
        foreach (var record in records)
        {
            var seq = head.Size + leaves.Count;
            var core = Core(record, seq, t);
            var hash = MerkleHash.Leaf(core);
            frontier.Add(hash);
            leaves.Add(new Leaf(record, seq, core, hash));
        }

        CopyLeaves(connection, shard, leaves, t);
        CopySealed(connection, shard, leaves);
        using (var finish = new NpgsqlBatch(connection, transaction) { Timeout = SilenceSeconds })
        {
            AddOpenRequests(finish, shard, leaves);
            AddClosedRequests(finish, shard, batch);
            new TileAppender(connection, shard.Id).Append(finish, head.Size, leaves.ConvertAll(l => l.Hash));
            finish.BatchCommands.Add(Command(
                "SELECT audit.advance_head($1, $2, $3, $4, $5, $6)",
                shard.Id, head.Version, frontier.Size, frontier.ToBytes(), frontier.Root(), t.UtcDateTime));
            finish.Prepare(); // once per connection and statement: afterwards it costs nothing
            finish.ExecuteNonQuery();
        }

        transaction.Commit();
        return leaves.GetRange(own, batch.Count).ConvertAll(l => new Placement(l.Seq, l.Hash));
    }

    private static Head LockHead(NpgsqlConnection connection, LogShard shard)
    {
        using var batch = new NpgsqlBatch(connection)
        {
            Timeout = SilenceSeconds,
            BatchCommands =
            {
                new NpgsqlBatchCommand("SET LOCAL synchronous_commit = on"),
                Command("SELECT size, frontier, root, last_t, version FROM audit.lock_head($1)", shard.Id),
            },
        };
        batch.Prepare();
        using var reader = batch.ExecuteReader();
        return reader.Read() && !reader.IsDBNull(0)
            ? new Head(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(2), Utc(reader.GetDateTime(3)), reader.GetInt64(4))
            : throw new LedgerBrokenException($"The log {shard.Name} has no head.");
    }

    private PendingRecord Genesis(NpgsqlConnection connection, LogShard shard)
    {
        using var command = new NpgsqlCommand(
            "SELECT l.name, h.size, h.root FROM audit.log l JOIN audit.head h USING (log_id) WHERE l.log_id < $1 AND h.size > 0 ORDER BY l.log_id DESC", connection);
        command.Parameters.Add(new() { Value = shard.Id });
        (string, long, byte[])? previous = null;
        var origin = shard.Name[..(shard.Name.LastIndexOf('/') + 1)];
        using (var reader = command.ExecuteReader())
        {
            while (previous is null && reader.Read())
            {
                if (reader.GetString(0).StartsWith(origin, StringComparison.Ordinal))
                {
                    previous = (reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
                }
            }
        }

        var rid = ids.Next();
        return new PendingRecord(shard, LeafType.Genesis, rid, null, cores.Genesis(shard, rid, previous));
    }

    private static byte[] Core(PendingRecord record, long seq, DateTimeOffset t)
    {
        var core = record.Core.Complete(seq, t);
        return core.Length <= CanonicalText.MaxCoreBytes ? core : throw new CanonicalException("The core is too long.");
    }

    private static void CopyLeaves(NpgsqlConnection connection, LogShard shard, List<Leaf> leaves, DateTimeOffset t)
    {
        using var import = connection.BeginBinaryImport("COPY audit.leaf(log_id, seq, rid, of_rid, type, t, leaf_hash, core) FROM STDIN (FORMAT binary)");
        import.Timeout = TimeSpan.FromSeconds(SilenceSeconds);
        foreach (var leaf in leaves)
        {
            import.StartRow();
            import.Write(shard.Id, NpgsqlDbType.Smallint);
            import.Write(leaf.Seq, NpgsqlDbType.Bigint);
            import.Write(leaf.Record.Rid, NpgsqlDbType.Uuid);
            if (leaf.Record.Of is { } of)
            {
                import.Write(of, NpgsqlDbType.Uuid);
            }
            else
            {
                import.WriteNull();
            }

            import.Write((short)leaf.Record.Type, NpgsqlDbType.Smallint);
            import.Write(t.UtcDateTime, NpgsqlDbType.TimestampTz);
            import.Write(leaf.Hash, NpgsqlDbType.Bytea);
            import.Write(leaf.Core, NpgsqlDbType.Bytea);
        }

        import.Complete();
    }

    private static void CopySealed(NpgsqlConnection connection, LogShard shard, List<Leaf> leaves)
    {
        if (!leaves.Exists(l => l.Record.Sealed.Count > 0))
        {
            return;
        }

        using var import = connection.BeginBinaryImport("COPY audit.sealed(log_id, rid, seg, subject_ref, sdk_id, wrapped_cek, nonce, ct) FROM STDIN (FORMAT binary)");
        import.Timeout = TimeSpan.FromSeconds(SilenceSeconds);
        foreach (var leaf in leaves)
        {
            foreach (var row in leaf.Record.Sealed)
            {
                import.StartRow();
                import.Write(shard.Id, NpgsqlDbType.Smallint);
                import.Write(leaf.Record.Rid, NpgsqlDbType.Uuid);
                import.Write(row.Segment, NpgsqlDbType.Text);
                import.Write(row.SubjectRef, NpgsqlDbType.Bytea);
                import.Write(row.SubjectKey, NpgsqlDbType.Uuid);
                import.Write(row.WrappedKey, NpgsqlDbType.Bytea);
                import.Write(row.Nonce, NpgsqlDbType.Bytea);
                if (row.Ciphertext is { } ciphertext)
                {
                    import.Write(ciphertext, NpgsqlDbType.Bytea);
                }
                else
                {
                    import.WriteNull();
                }
            }
        }

        import.Complete();
    }

    private static void AddOpenRequests(NpgsqlBatch batch, LogShard shard, List<Leaf> leaves)
    {
        var rows = leaves.FindAll(leaf => leaf.Record.Opens is not null).ConvertAll(leaf => (leaf.Record.Rid, leaf.Seq, Row: leaf.Record.Opens!)); // not null: selected so
        if (rows.Count > 0)
        {
            batch.BatchCommands.Add(Command(
                """
                INSERT INTO audit.open_request(rid, log_id, seq, end_rid, node, lease, subject_ref, sdk_id, wrapped_cek)
                SELECT rid, $1, seq, end_rid, node, clock_timestamp() + lease, subject_ref, sdk_id, wrapped_cek
                  FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::text[], $6::interval[], $7::bytea[], $8::uuid[], $9::bytea[])
                    AS n(rid, seq, end_rid, node, lease, subject_ref, sdk_id, wrapped_cek)
                """,
                shard.Id,
                rows.ConvertAll(r => r.Rid).ToArray(),
                rows.ConvertAll(r => r.Seq).ToArray(),
                rows.ConvertAll(r => r.Row.EndRid).ToArray(),
                rows.ConvertAll(r => r.Row.Node).ToArray(),
                rows.ConvertAll(r => r.Row.Lease).ToArray(),
                rows.ConvertAll(r => r.Row.SubjectRef).ToArray(),
                rows.ConvertAll(r => r.Row.SubjectKey).ToArray(),
                rows.ConvertAll(r => r.Row.WrappedKey).ToArray()));
        }
    }

    private static void AddClosedRequests(NpgsqlBatch batch, LogShard shard, IReadOnlyList<PendingRecord> records)
    {
        var closed = records.Where(r => r.Closes && r.Of is not null).Select(r => r.Of.GetValueOrDefault()).ToArray();
        if (closed.Length > 0)
        {
            batch.BatchCommands.Add(Command("SELECT audit.close_requests($1, $2)", shard.Id, closed));
        }
    }

    internal static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }

    internal static DateTimeOffset Utc(DateTime value) =>
        value == DateTime.MinValue ? DateTimeOffset.MinValue : new DateTimeOffset(DateTime.SpecifyKind(value, DateTimeKind.Utc));

    private static DateTimeOffset Truncate(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));

    private sealed record Leaf(PendingRecord Record, long Seq, byte[] Core, byte[] Hash);

    private sealed record Head(long Size, byte[] FrontierBytes, byte[] Root, DateTimeOffset LastTime, long Version)
    {
        public Frontier Frontier(LogShard shard)
        {
            var frontier = Merkle.Frontier.Parse(Size, FrontierBytes);
            return frontier is not null && frontier.Root().AsSpan().SequenceEqual(Root)
                ? frontier
                : throw new LedgerBrokenException($"The head of the log {shard.Name} contradicts itself (size {Size}): run 'rag audit verify'.");
        }
    }
}

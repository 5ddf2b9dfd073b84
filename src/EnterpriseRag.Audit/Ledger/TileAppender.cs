using EnterpriseRag.Audit.Merkle;
using Npgsql;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>
/// Stores the tree's inner hashes as tiles of 256 (tlog-tiles, height 8), so that a proof reads a handful of rows. A tile of level 0 is stored when it is full;
/// its root is appended to the tile above, and so on.
/// </summary>
internal sealed class TileAppender(NpgsqlConnection connection, short logId)
{
    public const int TileHashes = 256;

    /// <param name="batch">Receives the statements, in order.</param>
    /// <param name="sizeBefore">Leaves in the log before.</param>
    /// <param name="hashes">Hashes of the new leaves.</param>
    public void Append(NpgsqlBatch batch, long sizeBefore, IReadOnlyList<byte[]> hashes)
    {
        var tile = sizeBefore / TileHashes;
        if ((sizeBefore + hashes.Count) / TileHashes == tile)
        {
            return;
        }

        var content = LeafTail(tile * TileHashes, sizeBefore);
        foreach (var hash in hashes)
        {
            content.Add(hash);
            if (content.Count == TileHashes)
            {
                Complete(batch, 0, tile++, 0, content);
                content.Clear();
            }
        }
    }

    private readonly Dictionary<(int Level, long Index), List<byte[]>> _upper = []; // tiles above level 0 as they will be after this batch

    private void Complete(NpgsqlBatch batch, short level, long index, int stored, List<byte[]> full)
    {
        Store(batch, level, index, stored, full);
        Rise(batch, level, index, full);
    }

    private void Rise(NpgsqlBatch batch, short level, long index, List<byte[]> full)
    {
        if (level == 7)
        {
            return; // 2^64 leaves
        }

        var above = (Level: (short)(level + 1), Index: index / TileHashes);
        if (!_upper.TryGetValue(above, out var content))
        {
            _upper[above] = content = Stored(above.Level, above.Index);
        }

        if (content.Count != index % TileHashes)
        {
            throw new LedgerBrokenException($"Tile {above.Level}/{above.Index} holds {content.Count} hashes instead of {index % TileHashes}: run 'rag audit verify'.");
        }

        content.Add(Root(full));
        Store(batch, above.Level, above.Index, content.Count - 1, content);
        if (content.Count == TileHashes)
        {
            Rise(batch, above.Level, above.Index, content);
        }
    }

    private void Store(NpgsqlBatch batch, short level, long index, int stored, List<byte[]> content)
    {
        var added = new byte[(content.Count - stored) * MerkleHash.Size];
        for (var i = stored; i < content.Count; i++)
        {
            content[i].CopyTo(added, (i - stored) * MerkleHash.Size);
        }

        batch.BatchCommands.Add(BatchCommit.Command("SELECT audit.append_tile($1, $2, $3, $4, $5)", logId, level, index, stored, added));
    }

    private List<byte[]> LeafTail(long from, long until)
    {
        var hashes = new List<byte[]>(TileHashes);
        if (from == until)
        {
            return hashes;
        }

        using var command = new NpgsqlCommand("SELECT leaf_hash FROM audit.leaf WHERE log_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq", connection);
        command.Parameters.Add(new() { Value = logId });
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = until });
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            hashes.Add(reader.GetFieldValue<byte[]>(0));
        }

        return hashes.Count == until - from ? hashes : throw new LedgerBrokenException($"The log has {hashes.Count} of the records {from} to {until - 1}: run 'rag audit verify'.");
    }

    private List<byte[]> Stored(short level, long index)
    {
        using var command = new NpgsqlCommand("SELECT hashes FROM audit.tile WHERE log_id = $1 AND level = $2 AND idx = $3", connection);
        command.Parameters.Add(new() { Value = logId });
        command.Parameters.Add(new() { Value = level });
        command.Parameters.Add(new() { Value = index });
        return command.ExecuteScalar() is byte[] bytes ? Split(bytes) : [];
    }

    public static List<byte[]> Split(byte[] bytes) => [.. bytes.Chunk(MerkleHash.Size)];

    /// <summary>Root of a full tile.</summary>
    public static byte[] Root(IReadOnlyList<byte[]> full)
    {
        var frontier = new Frontier();
        foreach (var hash in full)
        {
            frontier.Add(hash);
        }

        return frontier.Root();
    }
}

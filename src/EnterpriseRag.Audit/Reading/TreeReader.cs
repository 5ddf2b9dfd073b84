using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Merkle;
using Npgsql;

namespace EnterpriseRag.Audit.Reading;

/// <summary>Hashes of complete subtrees from tiles, and from leaf rows where the last tile is not full. Reads within the caller's snapshot.</summary>
internal sealed class TreeReader(NpgsqlConnection connection, short logId, long size)
{
    private const int TileLevels = 8;
    private readonly Dictionary<(int Level, long Index), byte[]> _tiles = [];

    /// <summary>Loads what the nodes need, in two statements at most.</summary>
    public async Task LoadAsync(IEnumerable<TreeNode> nodes, CancellationToken cancellationToken)
    {
        var missing = nodes.Select(TileOf).Distinct().Where(tile => !_tiles.ContainsKey(tile)).ToList();
        var last = (Level: 0, Index: size / TileAppender.TileHashes);
        if (missing.Remove(last))
        {
            await LoadTailAsync(last.Index, cancellationToken);
        }

        if (missing.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            "SELECT level, idx, hashes FROM audit.tile WHERE log_id = $1 AND (level, idx) IN (SELECT * FROM unnest($2::smallint[], $3::bigint[]))", connection);
        command.Parameters.Add(new() { Value = logId });
        command.Parameters.Add(new() { Value = missing.ConvertAll(tile => (short)tile.Level).ToArray() });
        command.Parameters.Add(new() { Value = missing.ConvertAll(tile => tile.Index).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            _tiles[(reader.GetInt16(0), reader.GetInt64(1))] = reader.GetFieldValue<byte[]>(2);
        }
    }

    /// <summary>Null when the stored tiles do not hold the node: the log is damaged.</summary>
    public byte[]? Hash(TreeNode node)
    {
        if (!_tiles.TryGetValue(TileOf(node), out var tile))
        {
            return null;
        }

        var within = node.Level % TileLevels;
        var start = (int)((node.Index << within) % TileAppender.TileHashes) * MerkleHash.Size;
        var length = MerkleHash.Size << within;
        return tile.Length < start + length ? null : TileAppender.Root(TileAppender.Split(tile.AsSpan(start, length).ToArray()));
    }

    /// <summary>Hash over a range of leaves, or null.</summary>
    public byte[]? Hash(LeafRange range)
    {
        var hashes = ProofShape.Nodes(range).ConvertAll(Hash);
        return hashes.Contains(null) ? null : ProofShape.Fold(hashes.ConvertAll(h => h ?? []));
    }

    private static (int Level, long Index) TileOf(TreeNode node) => (node.Level / TileLevels, (node.Index << (node.Level % TileLevels)) / TileAppender.TileHashes);

    private async Task LoadTailAsync(long index, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT leaf_hash FROM audit.leaf WHERE log_id = $1 AND seq >= $2 AND seq < $3 ORDER BY seq", connection);
        command.Parameters.Add(new() { Value = logId });
        command.Parameters.Add(new() { Value = index * TileAppender.TileHashes });
        command.Parameters.Add(new() { Value = size });
        using var tail = new MemoryStream();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            tail.Write(reader.GetFieldValue<byte[]>(0));
        }

        _tiles[(0, index)] = tail.ToArray();
    }
}

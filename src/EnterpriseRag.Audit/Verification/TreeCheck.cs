using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Audit.Merkle;
using Npgsql;

namespace EnterpriseRag.Audit.Verification;

/// <summary>
/// Rebuilds the tree from recomputed leaf hashes and compares it with the stored tiles, so that a change is located at its record even when core and leaf hash
/// were changed together. Comparison with tiles ends at the first gap; numbers no longer fit from there on.
/// </summary>
internal sealed class TreeCheck(NpgsqlConnection connection, short logId)
{
    private const int TilesAtOnce = 64;
    private readonly List<List<byte[]>> _upper = []; // expected hashes of level 1, 2, …: all of them, 1/255 of the leaves
    private readonly byte[] _tile = new byte[TileAppender.TileHashes * MerkleHash.Size];
    private readonly Dictionary<long, byte[]> _stored = [];
    private int _filled;
    private long _tileIndex;
    private readonly Frontier _tiles = new(); // over the roots of full tiles
    private Frontier _subtree = new(); // over the leaves of the tile that is being filled

    public long Size => (_tiles.Size * TileAppender.TileHashes) + _subtree.Size;

    /// <summary>Right edge of the whole tree so far.</summary>
    public Frontier Frontier => Frontier.Join(_tiles, 8, _subtree);

    /// <summary>True when a full tile waits for <see cref="CompareAsync"/>.</summary>
    public bool IsTileFull => _filled == TileAppender.TileHashes;

    public void Add(ReadOnlySpan<byte> leafHash)
    {
        _subtree.Add(leafHash);
        leafHash.CopyTo(_tile.AsSpan(_filled++ * MerkleHash.Size));
    }

    /// <summary>Compares the full tile.</summary>
    /// <returns>The first record whose hash is not the stored one; -1 when the tile is missing from its first record on; null when it fits.</returns>
    public async Task<long?> CompareAsync(CancellationToken cancellationToken)
    {
        if (!_stored.ContainsKey(_tileIndex))
        {
            await LoadAsync(cancellationToken);
        }

        var first = _tileIndex * TileAppender.TileHashes;
        var bad = _stored.Remove(_tileIndex, out var stored) ? FirstDifference(stored, _tile, first) : first;
        var root = _subtree.Root();
        _tiles.Add(root);
        Rise(root, 0);
        _subtree = new Frontier();
        _filled = 0;
        _tileIndex++;
        return bad;
    }

    /// <summary>Compares the tiles above level 0.</summary>
    /// <returns>The first record below the first differing hash, or null.</returns>
    public async Task<long?> CompareUpperAsync(CancellationToken cancellationToken)
    {
        for (var level = 0; level < _upper.Count; level++)
        {
            var tile = 0L;
            foreach (var expected in _upper[level].Chunk(TileAppender.TileHashes))
            {
                await using var command = new NpgsqlCommand("SELECT hashes FROM audit.tile WHERE log_id = $1 AND level = $2 AND idx = $3", connection);
                command.Parameters.Add(new() { Value = logId });
                command.Parameters.Add(new() { Value = (short)(level + 1) });
                command.Parameters.Add(new() { Value = tile });
                var stored = await command.ExecuteScalarAsync(cancellationToken) as byte[] ?? [];
                if (FirstDifference(stored, expected.SelectMany(h => h).ToArray(), tile * TileAppender.TileHashes) is { } bad)
                {
                    return bad << (8 * (level + 1));
                }

                tile++;
            }
        }

        return null;
    }

    private static long? FirstDifference(byte[] stored, byte[] expected, long first)
    {
        var same = stored.AsSpan().CommonPrefixLength(expected);
        return same == expected.Length && stored.Length == expected.Length ? null : first + Math.Min(same, expected.Length - 1) / MerkleHash.Size;
    }

    private void Rise(byte[] hash, int level)
    {
        if (_upper.Count == level)
        {
            _upper.Add([]);
        }

        _upper[level].Add(hash);
        if (_upper[level].Count % TileAppender.TileHashes == 0)
        {
            Rise(TileAppender.Root(_upper[level].GetRange(_upper[level].Count - TileAppender.TileHashes, TileAppender.TileHashes)), level + 1);
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT idx, hashes FROM audit.tile WHERE log_id = $1 AND level = 0 AND idx >= $2 AND idx < $3", connection);
        command.Parameters.Add(new() { Value = logId });
        command.Parameters.Add(new() { Value = _tileIndex });
        command.Parameters.Add(new() { Value = _tileIndex + TilesAtOnce });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            _stored[reader.GetInt64(0)] = reader.GetFieldValue<byte[]>(1);
        }
    }
}

using EnterpriseRag.Audit.Ledger;
using Npgsql;

namespace EnterpriseRag.Audit.Reading;

/// <summary>A log's head as stored.</summary>
internal sealed record LogHead(short Id, string Name, long Size, byte[] Frontier, byte[] Root, DateTimeOffset LastTime)
{
    /// <summary>All logs, oldest first, within the caller's snapshot.</summary>
    public static async Task<List<LogHead>> ReadAllAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT l.log_id, l.name, h.size, h.frontier, h.root, h.last_t FROM audit.log l LEFT JOIN audit.head h USING (log_id) ORDER BY l.log_id", connection);
        var heads = new List<LogHead>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            heads.Add(await reader.IsDBNullAsync(2, cancellationToken)
                ? new LogHead(reader.GetInt16(0), reader.GetString(1), -1, [], [], default) // somebody deleted the head
                : new LogHead(reader.GetInt16(0), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4), BatchCommit.Utc(reader.GetDateTime(5))));
        }

        return heads;
    }
}

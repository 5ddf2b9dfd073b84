using System.Collections.Concurrent;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Audit.Ledger;

/// <summary>One log per controller and calendar quarter (UTC): <c>origin/2026q4</c>. The first that needs a shard makes it; its genesis record comes with its first batch.</summary>
internal sealed class ShardDirectory(Databases databases, IOptions<AuditOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, LogShard> _known = new(StringComparer.Ordinal);

    public string CurrentName
    {
        get
        {
            var now = time.GetUtcNow();
            return $"{options.Value.Origin}/{now.Year:D4}q{((now.Month - 1) / 3) + 1}";
        }
    }

    /// <exception cref="NpgsqlException">The ledger database does not answer.</exception>
    public async ValueTask<LogShard> CurrentAsync(CancellationToken cancellationToken)
    {
        var name = CurrentName;
        return _known.TryGetValue(name, out var known) ? known : _known[name] = await OpenAsync(name, cancellationToken);
    }

    /// <summary>A shard by its number, also of an earlier quarter: terminal records go where their request is.</summary>
    public async Task<LogShard> FindAsync(short id, CancellationToken cancellationToken)
    {
        if (_known.Values.FirstOrDefault(shard => shard.Id == id) is { } known)
        {
            return known;
        }

        await using var command = databases.AuditWriter.CreateCommand("SELECT name FROM audit.log WHERE log_id = $1");
        command.Parameters.Add(new() { Value = id });
        var name = await command.ExecuteScalarAsync(cancellationToken) as string ?? throw new LedgerBrokenException($"The log {id} is unknown.");
        return _known.GetOrAdd(name, new LogShard(id, name));
    }

    private async Task<LogShard> OpenAsync(string name, CancellationToken cancellationToken)
    {
        await using var command = databases.AuditWriter.CreateCommand("SELECT audit.open_log($1)");
        command.Parameters.Add(new() { Value = name });
        return await command.ExecuteScalarAsync(cancellationToken) is short id ? new LogShard(id, name) : throw new LedgerBrokenException($"The log {name} could not be opened.");
    }
}

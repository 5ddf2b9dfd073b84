using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using EnterpriseRag.Audit.Ledger;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Audit.Subjects;

/// <summary>
/// Gives each person a new random pseudonym every month (ledger.md 2.11: months cannot be joined without the vault). Known ones are kept in memory.
/// Safe for concurrent callers and several processes: the row that is first in the table wins.
/// </summary>
internal sealed class IdentityVault(Databases databases, IOptions<AuditOptions> options, TimeProvider time)
{
    private const int CacheLimit = 20_000;
    private readonly ConcurrentDictionary<(Guid Person, string Epoch), Pseudonym> _known = new();
    private readonly SharedLoads<(Guid Person, string Epoch), Pseudonym> _loads = new(options.Value.AppendTimeout, time);

    /// <param name="person">The installation itself has the empty id.</param>
    /// <param name="cancellationToken">Ends the wait for the vault.</param>
    /// <exception cref="NpgsqlException">The vault does not answer.</exception>
    public async ValueTask<Pseudonym> PseudonymAsync(PersonId person, CancellationToken cancellationToken)
    {
        var epoch = time.GetUtcNow().ToString("yyyy-MM", CultureInfo.InvariantCulture);
        if (_known.TryGetValue((person.Value, epoch), out var known))
        {
            return known;
        }

        if (_known.Count >= CacheLimit)
        {
            _known.Clear(); // past months, mostly
        }

        return _known[(person.Value, epoch)] = await _loads.GetAsync((person.Value, epoch), token => ReadOrMakeAsync(person, epoch, token), cancellationToken);
    }

    private async Task<Pseudonym> ReadOrMakeAsync(PersonId person, string epoch, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Vault.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command("INSERT INTO vault.person(person_id) VALUES ($1) ON CONFLICT DO NOTHING", person.Value),
                Command("INSERT INTO vault.pseudonym(p, person_id, epoch) VALUES ($1, $2, $3) ON CONFLICT (person_id, epoch) DO NOTHING", RandomNumberGenerator.GetBytes(Pseudonym.Size), person.Value, epoch),
                Command("SELECT p FROM vault.pseudonym WHERE person_id = $1 AND epoch = $2", person.Value, epoch),
            },
        };
        return await batch.ExecuteScalarAsync(cancellationToken) is byte[] value
            ? new Pseudonym(value, epoch)
            : throw new InvalidOperationException("The identity vault returned no pseudonym.");
    }

    private static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }
}

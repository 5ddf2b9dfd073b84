using System.Security.Cryptography;
using EnterpriseRag.Foundation;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EnterpriseRag.Storage.Keys;

/// <summary>
/// The key encryption keys in memory, checked against the key database: a key file that is missing while keys exist, or that is another one, stops the start
/// instead of making keys that nobody can open later.
/// </summary>
internal sealed class KeyRing(Postgres.Databases databases, IOptions<DataOptions> data, TimeProvider time) : IDisposable
{
    private readonly KekFile _file = new(data.Value);
    private readonly SemaphoreSlim _loading = new(1, 1);
    private volatile ActiveKek? _active; // written once under _loading, read without

    /// <summary>The key that wraps new data keys.</summary>
    /// <exception cref="KeyUnavailableException">See the message.</exception>
    public async ValueTask<ActiveKek> ActiveAsync(CancellationToken cancellationToken)
    {
        if (_active is { } active)
        {
            return active;
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            return _active ??= await LoadAsync(cancellationToken);
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose() => _loading.Dispose();

    private async Task<ActiveKek> LoadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await databases.Keys.OpenConnectionAsync(cancellationToken);
        var recorded = await RecordedAsync(connection, cancellationToken);
        var keys = _file.Read();
        if (recorded is null)
        {
            keys ??= _file.Create();
            await RecordAsync(connection, keys, cancellationToken);
            recorded = await RecordedAsync(connection, cancellationToken) ?? throw new KeyUnavailableException("The key database lost the record of its key encryption key.");
        }
        else if (keys is null)
        {
            throw new KeyUnavailableException($"The key database has keys, but '{_file.Path}' is missing. Restore the file from its backup; without it, sealed records and documents cannot be opened.");
        }

        if (!keys.TryGetValue(recorded.Version, out var kek) || !CheckValue(kek).AsSpan().SequenceEqual(recorded.CheckValue))
        {
            throw new KeyUnavailableException($"'{_file.Path}' is not the key (version {recorded.Version}) with which the key database was made. Restore the file that belongs to it.");
        }

        return new ActiveKek(recorded.Version, kek);
    }

    private static async Task<Recorded?> RecordedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT v, check_value FROM keys.kek WHERE state = 'active'", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new Recorded(reader.GetInt32(0), reader.GetFieldValue<byte[]>(1)) : null;
    }

    /// <summary>Of several processes at their first start, one row wins; the others are checked against it.</summary>
    private async Task RecordAsync(NpgsqlConnection connection, IReadOnlyDictionary<int, byte[]> keys, CancellationToken cancellationToken)
    {
        var version = keys.Keys.Max();
        await using var command = new NpgsqlCommand("INSERT INTO keys.kek(v, state, check_value, created_at) VALUES ($1, 'active', $2, $3) ON CONFLICT DO NOTHING", connection)
        {
            Parameters = { new() { Value = version }, new() { Value = CheckValue(keys[version]) }, new() { Value = time.GetUtcNow() } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Tells whether two keys are the same without telling the key.</summary>
    private static byte[] CheckValue(byte[] kek) => HMACSHA256.HashData(kek, "ragkeys/v1/check"u8);

    private sealed record Recorded(int Version, byte[] CheckValue);
}

/// <summary>The key encryption key in use. A class without a printed form: a record would print its bytes' type and invite more.</summary>
internal sealed class ActiveKek(int version, byte[] key)
{
    public int Version => version;

    public ReadOnlySpan<byte> Key => key;
}

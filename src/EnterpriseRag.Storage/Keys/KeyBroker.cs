using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Foundation;
using Npgsql;

namespace EnterpriseRag.Storage.Keys;

/// <summary>
/// Data keys over the key database (ledger.md 2.9): one per subject, month and retention class, one per document, each wrapped by the key encryption key.
/// Deleting the row is the erasure. Unwrapped keys are cached for <see cref="KeyCache.Lifetime"/>; another process's deletion takes effect here after that time
/// at the latest, this process's at once. Safe for concurrent callers.
/// </summary>
public sealed class KeyBroker
{
    private const string Tenant = "default"; // one tenant per installation today; the column and the AAD are ready for more
    private const string DocumentClass = "document";
    private const string NoMonth = "-"; // a document key lives as long as its document

    private readonly Postgres.Databases _databases;
    private readonly KeyRing _ring;
    private readonly IdFactory _ids;
    private readonly TimeProvider _time;
    private readonly KeyCache _cache;

    internal KeyBroker(Postgres.Databases databases, KeyRing ring, IdFactory ids, TimeProvider time)
    {
        _databases = databases;
        _ring = ring;
        _ids = ids;
        _time = time;
        _cache = new KeyCache(time);
    }

    /// <summary>The key of a subject for one month and retention class, made on first use.</summary>
    /// <param name="subject">The subject's pseudonym, 1 to 64 bytes.</param>
    /// <param name="month">As <c>yyyy-MM</c>.</param>
    /// <param name="retentionClass">Of the matter; "document" is reserved.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    /// <exception cref="KeyUnavailableException">The key encryption key is missing or wrong.</exception>
    /// <exception cref="NpgsqlException">The key database does not answer.</exception>
    public ValueTask<SubjectKey> GetOrCreateSubjectKeyAsync(ReadOnlyMemory<byte> subject, string month, string retentionClass, CancellationToken cancellationToken) =>
        string.Equals(retentionClass, DocumentClass, StringComparison.Ordinal)
            ? throw new ArgumentException("The retention class 'document' is reserved for document keys.", nameof(retentionClass))
            : GetOrCreateAsync(new KeyName(Tenant, subject.ToArray(), month, retentionClass), cancellationToken);

    /// <summary>The key with which something was wrapped; null when it was deleted (erased) meanwhile.</summary>
    /// <exception cref="KeyUnavailableException">The key encryption key is missing or wrong, or the row was changed.</exception>
    public async Task<SubjectKey?> FindAsync(Guid sdkId, CancellationToken cancellationToken)
    {
        if (_cache.Find(sdkId) is { } cached)
        {
            return cached;
        }

        var generation = _cache.Generation;
        await using var command = _databases.Keys.CreateCommand(SelectRow + "WHERE sdk_id = $1");
        command.Parameters.Add(new() { Value = sdkId });
        return await ReadAsync(command, generation, cancellationToken);
    }

    /// <summary>The key of a document, made on first use.</summary>
    public ValueTask<SubjectKey> GetOrCreateDocumentKeyAsync(DocumentId document, CancellationToken cancellationToken) => GetOrCreateAsync(NameOf(document), cancellationToken);

    /// <summary>The key of a document; null when it has none (never had, or it was deleted).</summary>
    public async Task<SubjectKey?> FindDocumentKeyAsync(DocumentId document, CancellationToken cancellationToken) =>
        _cache.Find(NameOf(document)) ?? await SelectAsync(NameOf(document), cancellationToken);

    /// <summary>Deletes the key of a document: what was encrypted under it stays unreadable. A missing key is fine.</summary>
    /// <exception cref="NpgsqlException">The key database does not answer; the key may still exist.</exception>
    public async Task DeleteDocumentKeyAsync(DocumentId document, CancellationToken cancellationToken)
    {
        var name = NameOf(document);
        await using var command = _databases.Keys.CreateCommand("DELETE FROM keys.sdk WHERE tenant = $1 AND subject_ref = $2 AND month = $3 AND class = $4");
        Bind(command, name);
        await command.ExecuteNonQueryAsync(cancellationToken);
        _cache.Remove(name);
    }

    /// <summary>Loads the key encryption key, so that a start without it fails at the start.</summary>
    internal async Task CheckAsync(CancellationToken cancellationToken) => await _ring.ActiveAsync(cancellationToken);

    /// <summary>The key that authenticates audit tickets, derived from the key encryption key (HKDF): it needs no file and no backup of its own.</summary>
    public async Task<byte[]> DeriveTicketKeyAsync(CancellationToken cancellationToken)
    {
        var kek = await _ring.ActiveAsync(cancellationToken);
        var key = new byte[KeyWrap.KeyBytes];
        HKDF.Expand(HashAlgorithmName.SHA256, kek.Key, key, "ragkeys/v1/ticket"u8);
        return key;
    }

    private const string SelectRow = "SELECT sdk_id, tenant, subject_ref, month, class, wrapped, kek_v, row_v FROM keys.sdk ";

    private async ValueTask<SubjectKey> GetOrCreateAsync(KeyName name, CancellationToken cancellationToken) =>
        _cache.Find(name) ?? await SelectAsync(name, cancellationToken) ?? await InsertAsync(name, cancellationToken);

    private async Task<SubjectKey?> SelectAsync(KeyName name, CancellationToken cancellationToken)
    {
        var generation = _cache.Generation;
        await using var command = _databases.Keys.CreateCommand(SelectRow + "WHERE tenant = $1 AND subject_ref = $2 AND month = $3 AND class = $4");
        Bind(command, name);
        return await ReadAsync(command, generation, cancellationToken);
    }

    private async Task<SubjectKey> InsertAsync(KeyName name, CancellationToken cancellationToken)
    {
        var kek = await _ring.ActiveAsync(cancellationToken);
        const int RowVersion = 1;
        var wrapped = KeyWrap.Wrap(kek.Key, RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes), name.AssociatedData(RowVersion));
        await using var command = _databases.Keys.CreateCommand(
            "INSERT INTO keys.sdk(tenant, subject_ref, month, class, sdk_id, wrapped, kek_v, row_v, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant, subject_ref, month, class) DO NOTHING");
        Bind(command, name);
        command.Parameters.Add(new() { Value = _ids.Next() });
        command.Parameters.Add(new() { Value = wrapped });
        command.Parameters.Add(new() { Value = kek.Version });
        command.Parameters.Add(new() { Value = RowVersion });
        command.Parameters.Add(new() { Value = _time.GetUtcNow() });
        await command.ExecuteNonQueryAsync(cancellationToken);
        // Whoever inserted it: the row in the database is the key. It can only be missing when it was deleted this very moment.
        return await SelectAsync(name, cancellationToken) ?? throw new KeyUnavailableException("The data key was deleted while it was being made.");
    }

    private async Task<SubjectKey?> ReadAsync(NpgsqlCommand command, long generation, CancellationToken cancellationToken)
    {
        var kek = await _ring.ActiveAsync(cancellationToken);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var id = reader.GetGuid(0);
        var name = new KeyName(reader.GetString(1), reader.GetFieldValue<byte[]>(2), reader.GetString(3), reader.GetString(4));
        if (reader.GetInt32(6) != kek.Version)
        {
            throw new KeyUnavailableException($"The data key {id} is wrapped by version {reader.GetInt32(6)} of the key encryption key; version {kek.Version} is active.");
        }

        try
        {
            var key = new SubjectKey(id, KeyWrap.Unwrap(kek.Key, reader.GetFieldValue<byte[]>(5), name.AssociatedData(reader.GetInt32(7))));
            _cache.Add(name, key, generation);
            return key;
        }
        catch (CryptographicException e)
        {
            throw new KeyUnavailableException($"The data key {id} does not open: its row was changed.", e);
        }
    }

    private static KeyName NameOf(DocumentId document) => new(Tenant, document.Value.ToByteArray(bigEndian: true), NoMonth, DocumentClass);

    private static void Bind(NpgsqlCommand command, KeyName name)
    {
        command.Parameters.Add(new() { Value = name.Tenant });
        command.Parameters.Add(new() { Value = name.Subject });
        command.Parameters.Add(new() { Value = name.Month });
        command.Parameters.Add(new() { Value = name.Class });
    }
}

/// <summary>What a data key is for.</summary>
internal sealed class KeyName(string tenant, byte[] subject, string month, string @class) : IEquatable<KeyName>
{
    private readonly string _text = string.Join('|', tenant, Base64Url.EncodeToString(subject), month, @class);

    public string Tenant => tenant;

    public byte[] Subject => subject;

    public string Month => month;

    public string Class => @class;

    /// <summary>tenant|subject|month|class|row version. Only the class is foreign text, and it stands between parts that hold no bar.</summary>
    public byte[] AssociatedData(int rowVersion) => Encoding.UTF8.GetBytes($"{_text}|{rowVersion}");

    public bool Equals(KeyName? other) => string.Equals(_text, other?._text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as KeyName);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(_text);
}

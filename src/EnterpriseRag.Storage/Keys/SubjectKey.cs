using System.Security.Cryptography;

namespace EnterpriseRag.Storage.Keys;

/// <summary>
/// A data key of one subject, month and retention class (or of one document), unwrapped in memory. The key itself never leaves this class.
/// Immutable, safe for concurrent callers.
/// </summary>
public sealed class SubjectKey
{
    private readonly byte[] _key;

    internal SubjectKey(Guid id, byte[] key)
    {
        Id = id;
        _key = key;
    }

    /// <summary>Stored beside everything that this key wraps.</summary>
    public Guid Id { get; }

    /// <summary>Wraps a 32-byte content key (60 bytes: nonce, ciphertext, tag).</summary>
    /// <param name="contentKey">Used for one segment only.</param>
    /// <param name="associatedData">Where the content stands, so that a wrapped key cannot be moved.</param>
    public byte[] WrapContentKey(ReadOnlySpan<byte> contentKey, ReadOnlySpan<byte> associatedData) => KeyWrap.Wrap(_key, contentKey, associatedData);

    /// <exception cref="CryptographicException">Wrapped by another key, for another place, or changed.</exception>
    public byte[] UnwrapContentKey(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> associatedData) => KeyWrap.Unwrap(_key, wrapped, associatedData);

    /// <summary>HKDF-SHA256 of this key: keys for files, which are not wrapped one by one.</summary>
    internal byte[] Derive(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info)
    {
        var derived = new byte[KeyWrap.KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, derived, salt, info);
        return derived;
    }

    public override string ToString() => $"SubjectKey {Id}";
}

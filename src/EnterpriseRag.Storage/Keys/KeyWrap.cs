using System.Security.Cryptography;

namespace EnterpriseRag.Storage.Keys;

/// <summary>
/// AES-256-GCM over a 32-byte key: <c>nonce(12) ‖ ciphertext(32) ‖ tag(16)</c>, 60 bytes. Nonces are random: at most 2^32 wraps per wrapping key
/// (NIST SP 800-38D 8.3), which a subject's month cannot reach.
/// </summary>
internal static class KeyWrap
{
    public const int KeyBytes = 32;
    public const int WrappedBytes = NonceBytes + KeyBytes + TagBytes;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    public static byte[] Wrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData)
    {
        if (key.Length != KeyBytes)
        {
            throw new ArgumentException($"A key has {KeyBytes} bytes.", nameof(key));
        }

        var wrapped = new byte[WrappedBytes];
        RandomNumberGenerator.Fill(wrapped.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(wrappingKey, TagBytes);
        cipher.Encrypt(wrapped.AsSpan(0, NonceBytes), key, wrapped.AsSpan(NonceBytes, KeyBytes), wrapped.AsSpan(NonceBytes + KeyBytes), associatedData);
        return wrapped;
    }

    /// <exception cref="CryptographicException">Another key, other associated data, or changed bytes.</exception>
    public static byte[] Unwrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> associatedData)
    {
        if (wrapped.Length != WrappedBytes)
        {
            throw new CryptographicException($"A wrapped key has {WrappedBytes} bytes, not {wrapped.Length}.");
        }

        var key = new byte[KeyBytes];
        using var cipher = new AesGcm(wrappingKey, TagBytes);
        cipher.Decrypt(wrapped[..NonceBytes], wrapped.Slice(NonceBytes, KeyBytes), wrapped[(NonceBytes + KeyBytes)..], key, associatedData);
        return key;
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EnterpriseRag.Audit.Sealing;

/// <summary>Where a segment belongs. It is authenticated with the ciphertext, so a row that is moved does not open.</summary>
internal readonly record struct SegmentPlace(string Log, Guid Rid, string Name)
{
    /// <summary>Associated data of the segment.</summary>
    public byte[] AssociatedData() => Encoding.UTF8.GetBytes($"ragaudit/v1\n{Log}\n{Rid:D}\n{Name}\n");

    /// <summary>Binds the wrapped content key (ledger.md 2.9).</summary>
    public byte[] KeyContext() => Encoding.UTF8.GetBytes($"{Log}|{Rid:D}|{Name}");
}

/// <summary>Ciphertext of one segment. <c>Body</c> is ciphertext followed by the 16-byte tag.</summary>
internal readonly record struct SealedBody(byte[] Nonce, byte[] Body)
{
    /// <summary>The <c>h</c> of the core: SHA-256 over nonce, ciphertext and tag.</summary>
    public byte[] Hash()
    {
        var all = new byte[Nonce.Length + Body.Length];
        Nonce.CopyTo(all, 0);
        Body.CopyTo(all, Nonce.Length);
        return SHA256.HashData(all);
    }
}

/// <summary>
/// Sealed segments (docs/formats/sealed-segment.md): AES-256-GCM under a key used once, and a keyed commitment to the text that dies with the
/// key. A bare hash was refused: after erasure a dictionary would still find the text.
/// </summary>
internal static class SegmentCipher
{
    public const int KeyBytes = 32;
    public const int NonceBytes = 12;
    public const int TagBytes = 16;
    private const int Step = 256; // frames are padded to it, so the exact length stays hidden

    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(KeyBytes);

    public static SealedBody Seal(ReadOnlySpan<byte> contentKey, SegmentPlace place, ReadOnlySpan<byte> utf8) =>
        Seal(contentKey, place, utf8, RandomNumberGenerator.GetBytes(NonceBytes));

    /// <param name="contentKey">Single use.</param>
    /// <param name="place">Bound as associated data.</param>
    /// <param name="utf8">The text.</param>
    /// <param name="nonce">Only vectors give it.</param>
    internal static SealedBody Seal(ReadOnlySpan<byte> contentKey, SegmentPlace place, ReadOnlySpan<byte> utf8, byte[] nonce)
    {
        var frame = Frame(utf8);
        var body = new byte[frame.Length + TagBytes];
        Span<byte> key = stackalloc byte[KeyBytes];
        Derive(contentKey, "ragaudit/v1/enc"u8, key);
        using var gcm = new AesGcm(key, TagBytes);
        gcm.Encrypt(nonce, frame, body.AsSpan(0, frame.Length), body.AsSpan(frame.Length), place.AssociatedData());
        CryptographicOperations.ZeroMemory(frame);
        CryptographicOperations.ZeroMemory(key);
        return new SealedBody(nonce, body);
    }

    /// <exception cref="CryptographicException">Wrong key, moved row, changed or truncated bytes. No partial text.</exception>
    public static byte[] Open(ReadOnlySpan<byte> contentKey, SegmentPlace place, SealedBody sealedBody)
    {
        if (sealedBody.Nonce.Length != NonceBytes || sealedBody.Body.Length < TagBytes + Step)
        {
            throw new CryptographicException("The sealed segment is shorter than its smallest form.");
        }

        Span<byte> key = stackalloc byte[KeyBytes];
        Derive(contentKey, "ragaudit/v1/enc"u8, key);
        var frame = new byte[sealedBody.Body.Length - TagBytes];
        using var gcm = new AesGcm(key, TagBytes);
        gcm.Decrypt(sealedBody.Nonce, sealedBody.Body.AsSpan(0, frame.Length), sealedBody.Body.AsSpan(frame.Length), frame, place.AssociatedData());
        CryptographicOperations.ZeroMemory(key);
        var length = BinaryPrimitives.ReadUInt32BigEndian(frame);
        return length <= frame.Length - sizeof(uint) && frame.Length == PaddedLength((int)length)
            ? frame.AsSpan(sizeof(uint), (int)length).ToArray()
            : throw new CryptographicException("The frame's length does not fit.");
    }

    /// <summary>The <c>c</c> of the core.</summary>
    public static byte[] Commit(ReadOnlySpan<byte> contentKey, ReadOnlySpan<byte> utf8)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        Derive(contentKey, "ragaudit/v1/commit"u8, key);
        var commitment = HMACSHA256.HashData(key, utf8);
        CryptographicOperations.ZeroMemory(key);
        return commitment;
    }

    /// <summary>A commitment that grows with the text: for streams whose text is not kept.</summary>
    public static IncrementalHash StartCommit(ReadOnlySpan<byte> contentKey)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        Derive(contentKey, "ragaudit/v1/commit"u8, key);
        var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        CryptographicOperations.ZeroMemory(key);
        return hash;
    }

    /// <summary>The <c>l</c> of the core: bytes of the padded frame.</summary>
    public static int PaddedLength(long utf8Bytes) => checked((int)((utf8Bytes + sizeof(uint) + Step - 1) / Step * Step));

    public static void Derive(ReadOnlySpan<byte> contentKey, ReadOnlySpan<byte> purpose, Span<byte> key) =>
        HKDF.Expand(HashAlgorithmName.SHA256, contentKey, key, purpose);

    private static byte[] Frame(ReadOnlySpan<byte> utf8)
    {
        var frame = new byte[PaddedLength(utf8.Length)];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)utf8.Length);
        utf8.CopyTo(frame.AsSpan(sizeof(uint)));
        return frame;
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EnterpriseRag.Storage.Keys;

namespace EnterpriseRag.Storage.Blobs;

/// <summary>
/// The first 80 bytes of a sealed file (docs/formats/blob.md): magic and version, plaintext length, salt of the file's keys, and an HMAC that binds all of that
/// to the file's name. So a truncated file, or one moved to another name or document, is refused before a byte is decrypted.
/// </summary>
internal static class SealedHeader
{
    public const int Bytes = MacOffset + MacBytes;
    public const int FrameBytes = 64 * 1024;
    public const int TagBytes = 16;
    public const int SaltBytes = 32;
    private const int LengthOffset = 8;
    private const int SaltOffset = 16;
    private const int MacOffset = SaltOffset + SaltBytes;
    private const int MacBytes = 32;

    private static ReadOnlySpan<byte> Magic => "RAGBLOB\u0001"u8; // the last byte is the version

    public static byte[] Write(FileKeys keys, string name, long length)
    {
        var header = new byte[Bytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(LengthOffset), length);
        keys.Salt.CopyTo(header.AsSpan(SaltOffset));
        Mac(keys, header, name).CopyTo(header.AsSpan(MacOffset));
        return header;
    }

    /// <summary>Checks everything that can be checked without decrypting.</summary>
    /// <returns>The file's keys and the plaintext length.</returns>
    /// <exception cref="BlobDamagedException">See the message.</exception>
    public static (FileKeys Keys, long Length) Read(ReadOnlySpan<byte> header, SubjectKey documentKey, string name, long fileLength)
    {
        if (header.Length != Bytes || !header.StartsWith(Magic))
        {
            throw new BlobDamagedException("The stored file is not a sealed file of version 1.");
        }

        var keys = FileKeys.Derive(documentKey, header.Slice(SaltOffset, SaltBytes).ToArray());
        if (!CryptographicOperations.FixedTimeEquals(Mac(keys, header, name), header[MacOffset..]))
        {
            throw new BlobDamagedException("The header of the stored file is damaged, or the file belongs elsewhere.");
        }

        var length = BinaryPrimitives.ReadInt64BigEndian(header[LengthOffset..]);
        return fileLength == FileLength(length)
            ? (keys, length)
            : throw new BlobDamagedException($"The stored file has {fileLength} bytes; its header says {FileLength(length)}.");
    }

    /// <summary>Empty content still has one frame, so that its absence shows.</summary>
    public static long Frames(long length) => Math.Max(1, (length + FrameBytes - 1) / FrameBytes);

    public static long FileLength(long length) => Bytes + length + Frames(length) * TagBytes;

    /// <summary>Counter and final flag: frames can be neither reordered nor dropped at the end. Unique per key, because the key is the file's own.</summary>
    public static void Nonce(Span<byte> nonce, long frame, bool final)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64BigEndian(nonce, frame);
        nonce[^1] = final ? (byte)1 : (byte)0;
    }

    private static byte[] Mac(FileKeys keys, ReadOnlySpan<byte> header, string name)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.Mac);
        hmac.AppendData(header[..MacOffset]);
        hmac.AppendData(Encoding.UTF8.GetBytes(name));
        return hmac.GetHashAndReset();
    }
}

/// <summary>Keys of one file, derived from the document key and the file's random salt.</summary>
internal sealed class FileKeys
{
    private FileKeys(byte[] salt, byte[] encryption, byte[] mac)
    {
        Salt = salt;
        Encryption = encryption;
        Mac = mac;
    }

    public byte[] Salt { get; }

    public byte[] Encryption { get; }

    public byte[] Mac { get; }

    public static FileKeys Derive(SubjectKey documentKey, byte[] salt) =>
        new(salt, documentKey.Derive(salt, "ragblob/v1/enc"u8), documentKey.Derive(salt, "ragblob/v1/mac"u8));
}

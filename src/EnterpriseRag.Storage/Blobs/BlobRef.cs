namespace EnterpriseRag.Storage.Blobs;

/// <summary>Names bytes within a document: SHA-256 (32 bytes) of the plaintext and its length.</summary>
public sealed record BlobRef(byte[] Sha256, long Size)
{
    public bool Equals(BlobRef? other) => other is not null && Size == other.Size && Sha256.AsSpan().SequenceEqual(other.Sha256);

    public override int GetHashCode() => HashCode.Combine(Size, Sha256[0], Sha256[1], Sha256[2], Sha256[3]);
}

/// <summary>A file that must exist is missing, or its bytes are not what was written. Restore it, or receive the document again.</summary>
public sealed class BlobDamagedException(string message, Exception? inner = null) : Exception(message, inner);

using System.Security.Cryptography;
using EnterpriseRag.Storage.Keys;

namespace EnterpriseRag.Storage.Blobs;

/// <summary>
/// Encrypts a stream of unknown length into a temporary file, frame by frame. The header comes last, because only then are the length and the name known; a file
/// without it never gets its name. Owned by one caller.
/// </summary>
internal sealed class SealedWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly FileKeys _keys;
    private readonly AesGcm _cipher;

    public SealedWriter(string path, SubjectKey documentKey)
    {
        _keys = FileKeys.Derive(documentKey, RandomNumberGenerator.GetBytes(SealedHeader.SaltBytes));
        _cipher = new AesGcm(_keys.Encryption, SealedHeader.TagBytes);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        _file = new FileStream(path, options);
    }

    /// <summary>Reads <paramref name="content"/> to its end.</summary>
    /// <returns>Hash and length of the plaintext.</returns>
    public async Task<BlobRef> WriteAsync(Stream content, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _file.Position = SealedHeader.Bytes;
        var current = new byte[SealedHeader.FrameBytes];
        var next = new byte[SealedHeader.FrameBytes];
        var output = new byte[SealedHeader.FrameBytes + SealedHeader.TagBytes];
        var length = await content.ReadAtLeastAsync(current, current.Length, throwOnEndOfStream: false, cancellationToken);
        long total = 0;
        for (long frame = 0; ; frame++)
        {
            // One frame ahead: only so is it known which one is the last.
            var following = length < current.Length ? 0 : await content.ReadAtLeastAsync(next, next.Length, throwOnEndOfStream: false, cancellationToken);
            hash.AppendData(current, 0, length);
            total += length;
            Encrypt(current.AsSpan(0, length), output, frame, final: following == 0);
            await _file.WriteAsync(output.AsMemory(0, length + SealedHeader.TagBytes), cancellationToken);
            if (following == 0)
            {
                return new BlobRef(hash.GetHashAndReset(), total);
            }

            (current, next) = (next, current);
            length = following;
        }
    }

    /// <summary>Writes the header and flushes everything to the disk; the file may be renamed afterwards.</summary>
    public async Task FinishAsync(string name, long length, CancellationToken cancellationToken)
    {
        _file.Position = 0;
        await _file.WriteAsync(SealedHeader.Write(_keys, name, length), cancellationToken);
        _file.Flush(flushToDisk: true);
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _file.Dispose();
    }

    private void Encrypt(ReadOnlySpan<byte> plain, Span<byte> output, long frame, bool final)
    {
        Span<byte> nonce = stackalloc byte[12];
        SealedHeader.Nonce(nonce, frame, final);
        _cipher.Encrypt(nonce, plain, output[..plain.Length], output.Slice(plain.Length, SealedHeader.TagBytes));
    }
}

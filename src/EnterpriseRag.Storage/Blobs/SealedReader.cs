using System.Security.Cryptography;
using EnterpriseRag.Storage.Keys;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Storage.Blobs;

/// <summary>
/// Seekable plaintext of a sealed file. Each frame is authenticated before its bytes are given out. Holds one decrypted frame. Owned by one caller, not for
/// concurrent use.
/// </summary>
internal sealed class SealedReader : Stream
{
    private readonly SafeFileHandle _file;
    private readonly AesGcm _cipher;
    private readonly byte[] _sealed = new byte[SealedHeader.FrameBytes + SealedHeader.TagBytes];
    private readonly byte[] _frame = new byte[SealedHeader.FrameBytes];
    private long _loaded = -1; // index of the frame in _frame
    private long _position;

    private SealedReader(SafeFileHandle file, FileKeys keys, long length)
    {
        _file = file;
        _cipher = new AesGcm(keys.Encryption, SealedHeader.TagBytes);
        Length = length;
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="BlobDamagedException">The header does not belong to this name and key, or the length is wrong.</exception>
    public static SealedReader Open(string path, SubjectKey documentKey, string name)
    {
        var file = File.OpenHandle(path, options: FileOptions.Asynchronous);
        try
        {
            var header = new byte[SealedHeader.Bytes];
            var read = RandomAccess.Read(file, header, 0);
            var (keys, length) = SealedHeader.Read(header.AsSpan(0, read), documentKey, name, RandomAccess.GetLength(file));
            return new SealedReader(file, keys, length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _position >= Length)
        {
            return 0;
        }

        var index = _position / SealedHeader.FrameBytes;
        if (index != _loaded)
        {
            var read = RandomAccess.Read(_file, _sealed.AsSpan(0, SealedSize(index)), SealedOffset(index));
            Decrypt(index, read);
        }

        return CopyFrom(index, buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position >= Length)
        {
            return 0;
        }

        var index = _position / SealedHeader.FrameBytes;
        if (index != _loaded)
        {
            var read = await RandomAccess.ReadAsync(_file, _sealed.AsMemory(0, SealedSize(index)), SealedOffset(index), cancellationToken);
            Decrypt(index, read);
        }

        return CopyFrom(index, buffer.Span);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        SeekOrigin.End => Length + offset,
        _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "Unknown origin."),
    };

    public override void Flush()
    {
        // nothing is written
    }

    public override void SetLength(long value) => throw new NotSupportedException("A stored file is read-only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A stored file is read-only.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher.Dispose();
            _file.Dispose();
            CryptographicOperations.ZeroMemory(_frame);
        }

        base.Dispose(disposing);
    }

    private static long SealedOffset(long index) => SealedHeader.Bytes + index * (SealedHeader.FrameBytes + SealedHeader.TagBytes);

    private int PlainSize(long index) => (int)Math.Min(SealedHeader.FrameBytes, Length - index * SealedHeader.FrameBytes);

    private int SealedSize(long index) => PlainSize(index) + SealedHeader.TagBytes;

    private void Decrypt(long index, int read)
    {
        _loaded = -1;
        var size = PlainSize(index);
        if (read != size + SealedHeader.TagBytes)
        {
            throw new BlobDamagedException($"Frame {index} of the stored file is cut short.");
        }

        Span<byte> nonce = stackalloc byte[12];
        SealedHeader.Nonce(nonce, index, final: index == SealedHeader.Frames(Length) - 1);
        try
        {
            _cipher.Decrypt(nonce, _sealed.AsSpan(0, size), _sealed.AsSpan(size, SealedHeader.TagBytes), _frame.AsSpan(0, size));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new BlobDamagedException($"Frame {index} of the stored file is damaged.", e);
        }

        _loaded = index;
    }

    private int CopyFrom(long index, Span<byte> buffer)
    {
        var offset = (int)(_position - index * SealedHeader.FrameBytes);
        var count = Math.Min(buffer.Length, PlainSize(index) - offset);
        _frame.AsSpan(offset, count).CopyTo(buffer);
        _position += count;
        return count;
    }
}

namespace EnterpriseRag.Ingestion.Extract.Sandbox;

/// <summary>More bytes came than allowed; the reader stops, nothing was kept.</summary>
internal sealed class OutputTooLargeException(long limit) : IOException($"More than {limit} bytes.")
{
}

/// <summary>Counts what is read and throws at the limit: sizes that foreign bytes declare are never believed. Does not own the inner stream.</summary>
internal sealed class LimitedReadStream(Stream inner, long limit) : Stream
{
    // Bytes read so far; one reader at a time, as with every stream.
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _read; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

    public override int Read(Span<byte> buffer) => Count(inner.Read(buffer));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await inner.ReadAsync(buffer, cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Count(int read)
    {
        _read += read;
        return _read > limit ? throw new OutputTooLargeException(limit) : read;
    }
}

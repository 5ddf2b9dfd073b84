using System.Buffers.Binary;
using Npgsql;

namespace EnterpriseRag.Audit.Verification;

/// <summary>A row of audit.leaf as it lies in the copy buffer; valid until the next call of <see cref="LeafStream.TryNext"/>.</summary>
internal readonly ref struct LeafRow(long seq, Guid rid, Guid? of, short type, DateTimeOffset time, ReadOnlySpan<byte> hash, ReadOnlySpan<byte> core)
{
    public long Seq { get; } = seq;

    public Guid Rid { get; } = rid;

    public Guid? Of { get; } = of;

    public short Type { get; } = type;

    public DateTimeOffset Time { get; } = time;

    public ReadOnlySpan<byte> Hash { get; } = hash;

    public ReadOnlySpan<byte> Core { get; } = core;
}

/// <summary>
/// Reads all leaves of a log in order through COPY's binary form, without an object per row: a verification is bound by hashing, not by reading.
/// </summary>
internal sealed class LeafStream(NpgsqlRawCopyStream stream) : IAsyncDisposable
{
    private const int HeaderBytes = 11 + 4 + 4; // signature, flags, extension length (always 0)
    private static readonly DateTimeOffset s_postgresEpoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private byte[] _buffer = new byte[1 << 20];
    private int _start;
    private int _end;
    private bool _headerRead;
    private bool _atEnd;

    public static async Task<LeafStream> OpenAsync(NpgsqlConnection connection, short logId, CancellationToken cancellationToken) =>
        new(await connection.BeginRawBinaryCopyAsync($"COPY (SELECT seq, rid, of_rid, type, t, leaf_hash, core FROM audit.leaf WHERE log_id = {logId} ORDER BY seq) TO STDOUT (FORMAT binary)", cancellationToken));

    /// <summary>Fills the buffer; false when nothing is left. Call it whenever <see cref="TryNext"/> gave nothing.</summary>
    public async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (_atEnd)
        {
            return false;
        }

        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2); // one row is larger than the buffer: only in a damaged table
        }

        var before = _end;
        while (_buffer.Length - _end > _buffer.Length / 4)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                break;
            }

            _end += read;
        }

        if (!_headerRead && _end >= HeaderBytes)
        {
            _headerRead = true;
            _start = HeaderBytes;
        }

        return _end > before;
    }

    public bool TryNext(out LeafRow row)
    {
        row = default;
        var rest = _buffer.AsSpan(_start, _end - _start);
        if (rest.Length < sizeof(short))
        {
            return false;
        }

        if (BinaryPrimitives.ReadInt16BigEndian(rest) == -1)
        {
            _atEnd = true; // trailer
            return false;
        }

        var at = sizeof(short);
        if (!Field(rest, ref at, out var seq) || !Field(rest, ref at, out var rid) || !Field(rest, ref at, out var of) || !Field(rest, ref at, out var type)
            || !Field(rest, ref at, out var time) || !Field(rest, ref at, out var hash) || !Field(rest, ref at, out var core))
        {
            return false;
        }

        row = new LeafRow(
            BinaryPrimitives.ReadInt64BigEndian(seq),
            new Guid(rid, bigEndian: true),
            of.IsEmpty ? null : new Guid(of, bigEndian: true),
            BinaryPrimitives.ReadInt16BigEndian(type),
            s_postgresEpoch.AddTicks(BinaryPrimitives.ReadInt64BigEndian(time) * TimeSpan.TicksPerMicrosecond),
            hash,
            core);
        _start += at;
        return true;
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private static bool Field(ReadOnlySpan<byte> rest, scoped ref int at, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (rest.Length - at < sizeof(int))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(rest[at..]);
        at += sizeof(int);
        if (length < 0)
        {
            return true; // NULL: empty
        }

        if (rest.Length - at < length)
        {
            return false;
        }

        value = rest.Slice(at, length);
        at += length;
        return true;
    }
}

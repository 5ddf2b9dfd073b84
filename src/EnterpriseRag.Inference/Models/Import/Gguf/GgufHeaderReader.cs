using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>
/// Reads the part of a GGUF file before its tensors, forward and through one buffer. Nothing is allocated from a number in the file before
/// that number was compared with what the file still holds. Positional reads instead of a memory map: a file cut while it is read is an
/// error here and would be a fatal signal there. Not thread-safe.
/// </summary>
internal sealed class GgufHeaderReader(SafeFileHandle file, long length, string name)
{
    /// <summary>Keys, tokens and tensor infos of the largest published models take 25 MB.</summary>
    public const long MaxHeaderBytes = 64L << 20;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    /// <summary>Offset of the next byte.</summary>
    public long Position { get; private set; }

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A count of things that take at least <paramref name="bytesEach"/> bytes each of what is left.</summary>
    public int Count(string what, int bytesEach, int max = int.MaxValue)
    {
        var count = UInt64();
        return count <= (ulong)Math.Min(max, Remaining / bytesEach)
            ? (int)count
            : throw Refuse(string.Create(CultureInfo.InvariantCulture, $"announces {count:N0} {what}, more than the file or a model can hold"));
    }

    public byte[] Bytes(long count)
    {
        if (count > Remaining)
        {
            throw Truncated();
        }

        var bytes = new byte[count];
        for (var done = 0; done < bytes.Length;)
        {
            var chunk = Take(Math.Min(bytes.Length - done, _buffer.Length));
            chunk.CopyTo(bytes.AsSpan(done));
            done += chunk.Length;
        }

        return bytes;
    }

    /// <summary>A length of 8 bytes and as many bytes of UTF-8.</summary>
    public string Text(string what, long maxBytes = MaxHeaderBytes)
    {
        var bytes = UInt64();
        if (bytes > (ulong)maxBytes || bytes > (ulong)Remaining)
        {
            throw Refuse(string.Create(CultureInfo.InvariantCulture, $"has {what} of {bytes:N0} bytes, more than {Math.Min(maxBytes, Remaining):N0}"));
        }

        try
        {
            return bytes <= (ulong)_buffer.Length ? s_strict.GetString(Take((int)bytes)) : s_strict.GetString(Bytes((long)bytes));
        }
        catch (DecoderFallbackException e)
        {
            throw new ModelImportException($"{name}: {what} is not valid UTF-8. The file is damaged; take it from its source again.", e);
        }
    }

    public ModelImportException Refuse(string problem) => new($"{name} {problem}. The file is damaged or hostile; take it from its source again.");

    public ModelImportException Truncated() => new(string.Create(CultureInfo.InvariantCulture, $"{name} is cut short: it ends after {length:N0} bytes, inside its own description. Download it again."));

    // What the header may still use, never more than what the file still holds.
    private long Remaining => Math.Min(length, MaxHeaderBytes) - Position;

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Remaining)
        {
            throw length <= MaxHeaderBytes ? Truncated() : Refuse(string.Create(CultureInfo.InvariantCulture, $"describes itself in more than {MaxHeaderBytes:N0} bytes"));
        }

        if (count > _end - _start)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            while (_end < count)
            {
                var read = RandomAccess.Read(file, _buffer.AsSpan(_end), Position + _end);
                _end += read > 0 ? read : throw Truncated();
            }
        }

        var taken = _buffer.AsSpan(_start, count);
        _start += count;
        Position += count;
        return taken;
    }
}

using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EnterpriseRag.Retrieval.Index.Embedded;

/// <summary>
/// A whole file mapped read-only. Spans point into the mapping: whoever holds one must hold the segment (see <see cref="IndexSnapshot"/>),
/// because disposing unmaps the pages.
/// </summary>
internal sealed class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public MappedFile(string path)
    {
        Length = new FileInfo(path).Length;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
    }

    public long Length { get; }

    /// <exception cref="IndexCorruptException">The range is not inside the file.</exception>
    public ReadOnlySpan<T> Slice<T>(long offset, int count)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_view.SafeMemoryMappedViewHandle.IsClosed, this);
        if (offset < 0 || count < 0 || offset + ((long)count * Unsafe.SizeOf<T>()) > Length)
        {
            throw new IndexCorruptException("A section reaches past the end of its file.");
        }

        // The view starts at offset 0 of the file, so the handle is the first byte. Copying through ReadSpan would defeat the mapping;
        // this is the one place where a mapped address becomes a span, bounds checked above.
        ref var first = ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), _view.SafeMemoryMappedViewHandle.DangerousGetHandle() + (nint)offset);
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, T>(ref first), count);
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}

/// <summary>A file of the index is torn, altered or of a format this version does not read.</summary>
public sealed class IndexCorruptException(string message, Exception? inner = null) : Exception(message, inner);

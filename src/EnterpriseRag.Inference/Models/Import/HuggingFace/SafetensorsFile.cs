using System.Buffers.Binary;
using System.Globalization;
using EnterpriseRag.Inference.Models.Import.Sources;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.HuggingFace;

/// <summary>
/// An open safetensors file whose description was checked as a whole: header length, names, types, shapes, and that the tensors cover the data
/// without a gap or an overlap. Data is read by position, from any thread, until <see cref="Dispose"/>. Positional reads instead of a memory map: a
/// file cut while it is read is an error here and would be a fatal signal there.
/// </summary>
internal sealed class SafetensorsFile : IDisposable
{
    /// <summary>The format's own limit.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    private readonly SafeFileHandle _handle;

    private SafetensorsFile(string name, SafeFileHandle handle, long length, IReadOnlyDictionary<string, SafetensorsTensor> tensors)
    {
        Name = name;
        _handle = handle;
        Length = length;
        Tensors = tensors;
    }

    /// <summary>File name without its folder, for messages.</summary>
    public string Name { get; }

    public long Length { get; }

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors { get; }

    /// <exception cref="ModelImportException">Not a safetensors file, damaged, hostile or cut short.</exception>
    public static SafetensorsFile Open(string path)
    {
        var name = Path.GetFileName(path);
        SafeFileHandle handle;
        try
        {
            PlainFile.Require(path);
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelImportException($"{path} cannot be opened: {e.Message}", e);
        }

        try
        {
            var length = RandomAccess.GetLength(handle);
            return new SafetensorsFile(name, handle, length, SafetensorsHeader.Read(name, ReadHeader(handle, length, name), length));
        }
        catch (IOException e)
        {
            handle.Dispose();
            throw new ModelImportException($"{path} cannot be read: {e.Message}", e);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads bytes of a tensor's data, from <paramref name="offset"/> within it, until the destination is full.</summary>
    /// <exception cref="ModelImportException">The file became shorter after it was opened.</exception>
    public void Read(SafetensorsTensor tensor, long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + destination.Length, tensor.Bytes);
        Fill(_handle, tensor.Offset + offset, destination, Name);
    }

    public void Dispose() => _handle.Dispose();

    private static byte[] ReadHeader(SafeFileHandle handle, long length, string name)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (length < prefix.Length)
        {
            throw new ModelImportException($"{name} is not a safetensors file, or is cut short. Download it again.");
        }

        Fill(handle, 0, prefix, name);
        var bytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (bytes > MaxHeaderBytes || bytes > (ulong)(length - prefix.Length))
        {
            throw new ModelImportException(string.Create(CultureInfo.InvariantCulture, $"{name} announces a header of {bytes:N0} bytes; the file has {length:N0}, and {MaxHeaderBytes:N0} are allowed. It is not a safetensors file, or is cut short. Download it again."));
        }

        var header = new byte[bytes];
        Fill(handle, prefix.Length, header, name);
        return header;
    }

    private static void Fill(SafeFileHandle handle, long position, Span<byte> destination, string name)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(handle, destination, position);
            if (read == 0)
            {
                throw new ModelImportException($"{name} became shorter while it was read. Wait until its download is complete, then import it again.");
            }

            destination = destination[read..];
            position += read;
        }
    }
}

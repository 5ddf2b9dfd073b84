using EnterpriseRag.Inference.Models.Import.Sources;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseRag.Inference.Models.Import.Gguf;

/// <summary>
/// An open GGUF file (versions 2 and 3, little-endian) whose description was checked as a whole: every count, name, dimension and offset.
/// Tensor data is read by position, from any thread, until <see cref="Dispose"/>.
/// </summary>
internal sealed partial class GgufFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private GgufFile(string name, SafeFileHandle handle, long length, GgufMetadata metadata, IReadOnlyDictionary<string, GgufTensor> tensors)
    {
        Name = name;
        _handle = handle;
        Length = length;
        Metadata = metadata;
        Tensors = tensors;
    }

    /// <summary>File name without its folder, for messages and the card.</summary>
    public string Name { get; }

    public long Length { get; }

    public GgufMetadata Metadata { get; }

    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <exception cref="ModelImportException">Not a GGUF file, damaged, hostile, cut short, or of a type that is not read.</exception>
    public static GgufFile Open(string path)
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
            var (metadata, tensors) = ReadDescription(new GgufHeaderReader(handle, length, name), length, name);
            return new GgufFile(name, handle, length, metadata, tensors);
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
    public void Read(GgufTensor tensor, long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + destination.Length, tensor.Bytes);
        for (var position = tensor.Offset + offset; !destination.IsEmpty;)
        {
            var read = RandomAccess.Read(_handle, destination, position);
            if (read == 0)
            {
                throw new ModelImportException($"{Name} became shorter while it was read. Wait until its download is complete, then import it again.");
            }

            destination = destination[read..];
            position += read;
        }
    }

    public void Dispose() => _handle.Dispose();
}

using System.Buffers;
using System.Security.Cryptography;

namespace EnterpriseRag.Ingestion.Receive;

/// <summary>
/// An upload, read to its end before any lock is taken: a slow sender must not hold a row. Small ones stay in memory, larger ones go to an unnamed-to-others
/// file (0600 in the 0700 work folder) that disappears with its handle.
/// </summary>
internal sealed class ReceivedBytes : IAsyncDisposable
{
    private const int InMemory = 1 << 20;

    private readonly Stream _store;

    private ReceivedBytes(Stream store, byte[] sha256)
    {
        _store = store;
        Sha256 = sha256;
        Length = store.Length;
    }

    public byte[] Sha256 { get; }

    public long Length { get; }

    /// <summary>Null when there are more than <paramref name="limit"/> bytes.</summary>
    public static async Task<ReceivedBytes?> ReadAsync(Stream content, string directory, long limit, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Stream store = new MemoryStream();
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                if (store.Length + read > limit)
                {
                    await store.DisposeAsync();
                    return null;
                }

                if (store is MemoryStream memory && memory.Length + read > InMemory)
                {
                    store = await ToFileAsync(memory, directory, cancellationToken);
                }

                hash.AppendData(buffer, 0, read);
                await store.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            return new ReceivedBytes(store, hash.GetHashAndReset());
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>The bytes from the start; one reader at a time. Disposing the returned stream leaves the bytes here.</summary>
    public Stream OpenRead()
    {
        _store.Position = 0;
        return new Extract.Sandbox.LimitedReadStream(_store, long.MaxValue);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private static async Task<FileStream> ToFileAsync(MemoryStream memory, string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = new FileStream(Path.Combine(directory, "r-" + Path.GetRandomFileName()), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await file.WriteAsync(memory.GetBuffer().AsMemory(0, (int)memory.Length), cancellationToken);
        await memory.DisposeAsync();
        return file;
    }
}

using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Keys;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Storage.Blobs;

/// <summary>
/// The received bytes of documents, encrypted under the document's key and addressed by content within the document. The file's name is derived (HKDF) from the content's
/// SHA-256 and that key: equal bytes in two documents have different names, and a name tells nobody which file it is. Written beside its place, flushed,
/// renamed: a crash leaves no half file under a name. Safe for concurrent callers.
/// </summary>
public sealed class BlobStore
{
    private readonly BlobFolder _folder;
    private readonly KeyBroker _keys;
    private readonly IdFactory _ids;

    public BlobStore(IOptions<DataOptions> data, KeyBroker keys, IdFactory ids)
    {
        _folder = new BlobFolder(data.Value);
        _keys = keys;
        _ids = ids;
    }

    /// <summary>Stores the rest of <paramref name="content"/>; durable when the task ends. The same bytes twice are one file.</summary>
    /// <exception cref="KeyUnavailableException">No key, nothing stored.</exception>
    public async Task<BlobRef> PutAsync(DocumentId document, Stream content, CancellationToken cancellationToken)
    {
        var key = await _keys.GetOrCreateDocumentKeyAsync(document, cancellationToken);
        var folder = _folder.Create(document);
        var temporary = BlobFolder.TemporaryIn(folder, _ids.Next());
        try
        {
            BlobRef blob;
            string name;
            using (var writer = new SealedWriter(temporary, key))
            {
                blob = await writer.WriteAsync(content, cancellationToken);
                name = FileName(key, blob.Sha256);
                await writer.FinishAsync(name, blob.Size, cancellationToken);
            }

            DurableFile.Publish(temporary, Path.Combine(folder, name), overwrite: true); // the same bytes, if it is there already
            return blob;
        }
        finally
        {
            File.Delete(temporary); // gone after success
        }
    }

    /// <summary>Opens the plaintext: seekable, authenticated frame by frame; the caller disposes it.</summary>
    /// <exception cref="BlobDamagedException">The file is missing, cut short or changed, or the document's key was deleted.</exception>
    public async Task<Stream> OpenReadAsync(DocumentId document, BlobRef blob, CancellationToken cancellationToken)
    {
        var key = await _keys.FindDocumentKeyAsync(document, cancellationToken) ?? throw new BlobDamagedException($"Document {document} has no key: it was deleted.");
        var name = FileName(key, blob.Sha256);
        try
        {
            var reader = SealedReader.Open(Path.Combine(_folder.Of(document), name), key, name);
            if (reader.Length == blob.Size)
            {
                return reader;
            }

            await reader.DisposeAsync();
            throw new BlobDamagedException($"The stored file of document {document} has another length than recorded.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BlobDamagedException($"A stored file of document {document} is missing.", e);
        }
    }

    /// <summary>
    /// Deletes every file of the document, its texts included, and then its key, so that what the medium or a backup of the folder still holds stays unreadable.
    /// Nothing there is fine; a failure throws, and the call can be repeated.
    /// </summary>
    public async Task DeleteAllAsync(DocumentId document, CancellationToken cancellationToken)
    {
        var folder = _folder.Of(document);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
            DurableFile.FlushFolder(Path.GetDirectoryName(folder)!); // the shard folder is above it
        }

        await _keys.DeleteDocumentKeyAsync(document, cancellationToken);
    }

    internal static string FileName(SubjectKey key, ReadOnlySpan<byte> sha256) => Convert.ToHexStringLower(key.Derive(sha256, "ragblob/v1/name"u8)) + ".blob";
}

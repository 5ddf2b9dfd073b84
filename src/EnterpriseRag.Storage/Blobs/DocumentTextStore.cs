using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseRag.Foundation;
using EnterpriseRag.Storage.Documents;
using EnterpriseRag.Storage.Keys;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Storage.Blobs;

/// <summary>
/// The extracted text of each version (the rendition that citations point into), as compressed JSON sealed like a blob and named by the version. Safe for concurrent
/// callers. Deleted with the document by <see cref="BlobStore.DeleteAllAsync"/>.
/// </summary>
public sealed class DocumentTextStore
{
    private readonly BlobFolder _folder;
    private readonly KeyBroker _keys;
    private readonly IdFactory _ids;

    public DocumentTextStore(IOptions<DataOptions> data, KeyBroker keys, IdFactory ids)
    {
        _folder = new BlobFolder(data.Value);
        _keys = keys;
        _ids = ids;
    }

    /// <summary>Stores or replaces the text; durable when the task ends.</summary>
    public async Task SaveAsync(DocumentId document, DocumentVersionId version, DocumentText text, CancellationToken cancellationToken)
    {
        var key = await _keys.GetOrCreateDocumentKeyAsync(document, cancellationToken);
        var folder = _folder.Create(document);
        var temporary = BlobFolder.TemporaryIn(folder, _ids.Next());
        try
        {
            using (var compressed = new MemoryStream())
            {
                await using (var zip = new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
                {
                    await JsonSerializer.SerializeAsync(zip, text, DocumentTextJson.Default.DocumentText, cancellationToken);
                }

                compressed.Position = 0;
                using var writer = new SealedWriter(temporary, key);
                var written = await writer.WriteAsync(compressed, cancellationToken);
                await writer.FinishAsync(FileName(version), written.Size, cancellationToken);
            }

            DurableFile.Publish(temporary, Path.Combine(folder, FileName(version)), overwrite: true);
        }
        finally
        {
            File.Delete(temporary); // gone after success
        }
    }

    /// <exception cref="BlobDamagedException">The file is missing, cut short or changed, or the document's key was deleted.</exception>
    public async Task<DocumentText> LoadAsync(DocumentId document, DocumentVersionId version, CancellationToken cancellationToken)
    {
        var key = await _keys.FindDocumentKeyAsync(document, cancellationToken) ?? throw new BlobDamagedException($"Document {document} has no key: it was deleted.");
        try
        {
            await using var reader = SealedReader.Open(Path.Combine(_folder.Of(document), FileName(version)), key, FileName(version));
            await using var zip = new BrotliStream(reader, CompressionMode.Decompress);
            return await JsonSerializer.DeserializeAsync(zip, DocumentTextJson.Default.DocumentText, cancellationToken)
                ?? throw new BlobDamagedException($"The text of version {version} is empty.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BlobDamagedException($"The text of version {version} is missing.", e);
        }
    }

    internal static string FileName(DocumentVersionId version) => version.Value.ToString("N") + ".text";
}

/// <summary>Property names are part of the stored format (docs/formats/blob.md): renaming one needs a new version of it.</summary>
[JsonSerializable(typeof(DocumentText))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class DocumentTextJson : JsonSerializerContext;

using System.Globalization;
using EnterpriseRag.Foundation;

namespace EnterpriseRag.Storage.Blobs;

/// <summary><c>&lt;Data&gt;/blobs/&lt;last two digits of the id&gt;/&lt;document id&gt;/</c>: one folder per document, so that deleting a document is deleting a folder.</summary>
internal sealed class BlobFolder(DataOptions data)
{
    private const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    public const string TemporarySuffix = ".tmp";

    public string Root { get; } = data.Sub("blobs");

    public string Of(DocumentId document)
    {
        var id = document.Value.ToString("N"); // UUIDv7: the last digits are random, the first ones are the time
        return Path.Combine(Root, id[^2..], id);
    }

    /// <summary>Creates the document's folder durably.</summary>
    public string Create(DocumentId document)
    {
        var folder = Of(document);
        if (!Directory.Exists(folder))
        {
            CreateOwnerOnly(folder);
            DurableFile.FlushFolder(Path.GetDirectoryName(folder)!); // Root is above it
            DurableFile.FlushFolder(Root);
        }

        return folder;
    }

    /// <summary>Every document that has a folder.</summary>
    public IEnumerable<DocumentId> Documents()
    {
        if (!Directory.Exists(Root))
        {
            yield break;
        }

        foreach (var folder in Directory.EnumerateDirectories(Root).SelectMany(Directory.EnumerateDirectories))
        {
            if (Guid.TryParseExact(Path.GetFileName(folder), "N", out var id))
            {
                yield return new DocumentId(id);
            }
        }
    }

    private static void CreateOwnerOnly(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerFolder);
        }
    }

    public static string TemporaryIn(string folder, Guid unique) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{unique:N}{TemporarySuffix}"));
}

using System.IO.Compression;
using System.Xml;
using EnterpriseRag.Ingestion.Extract.Sandbox;

namespace EnterpriseRag.Ingestion.Extract.Office;

/// <summary>
/// Checks an Office archive before the Open XML reader sees it: number of entries, declared and real sizes, ratio, nesting of the XML. Declared sizes
/// are checked first (cheap) and not believed: every XML part is unpacked once through a counter.
/// </summary>
internal static class ArchiveLimits
{
    // Text compresses 20 to 50 times at most; bombs a thousand times.
    private const int MaxRatio = 250;
    private const long RatioMattersFrom = 8L * 1024 * 1024;

    public static void Check(ReadOnlyMemory<byte> file, ExtractionOptions limits)
    {
        // Counted before ZipArchive builds an object for each: a directory of millions of entries is an attack on memory.
        if (file.Span.Count("PK\u0001\u0002"u8) > limits.MaxArchiveEntries)
        {
            throw Bomb();
        }

        try
        {
            using var archive = new ZipArchive(new MemoryStream(file.ToArray(), writable: false), ZipArchiveMode.Read);
            var maxPart = limits.MaxXmlPartMegabytes * 1024L * 1024L;
            long declared = 0;
            foreach (var entry in archive.Entries)
            {
                declared += entry.Length;
                var isXml = IsXml(entry);
                if (declared > limits.MaxUnpackedMegabytes * 1024L * 1024L
                    || (isXml && entry.Length > maxPart)
                    || (entry.Length > RatioMattersFrom && entry.Length / Math.Max(entry.CompressedLength, 1) > MaxRatio))
                {
                    throw Bomb();
                }
            }

            foreach (var entry in archive.Entries.Where(IsXml))
            {
                CheckXml(entry, maxPart, limits.MaxNesting);
            }
        }
        catch (InvalidDataException ex)
        {
            throw new ExtractionRefusedException(FailureCodes.Truncated, "The Office file is incomplete or damaged: the transfer was probably cut off. Upload the complete file again.", ex);
        }
    }

    private static bool IsXml(ZipArchiveEntry entry) =>
        entry.FullName.EndsWith(".xml", StringComparison.OrdinalIgnoreCase) || entry.FullName.EndsWith(".rels", StringComparison.OrdinalIgnoreCase);

    private static void CheckXml(ZipArchiveEntry entry, long maxPart, int maxNesting)
    {
        try
        {
            using var stream = entry.Open();
            using var reader = XmlReader.Create(new LimitedReadStream(stream, maxPart), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            while (reader.Read())
            {
                if (reader.Depth > maxNesting)
                {
                    throw new ExtractionRefusedException(FailureCodes.TooComplex, $"The Office file nests more than {maxNesting} elements inside each other. Save it again with Word or LibreOffice and upload the result.");
                }
            }
        }
        catch (OutputTooLargeException ex)
        {
            throw new ExtractionRefusedException(Bomb().Failure, ex);
        }
        catch (XmlException ex)
        {
            // Parts that are never read may be anything; the parts that are read fail here with a reason.
            if (entry.FullName.StartsWith("word/", StringComparison.OrdinalIgnoreCase) || entry.FullName.StartsWith('['))
            {
                throw new ExtractionRefusedException(FailureCodes.Damaged, "The Office file is damaged inside. Open it in Word or LibreOffice, save it again and upload the result.", ex);
            }
        }
    }

    private static ExtractionRefusedException Bomb() =>
        new(FailureCodes.TooLarge, "The Office file unpacks to far more than is allowed. If it is genuine, remove embedded objects or split it, save it again and upload the result.");
}

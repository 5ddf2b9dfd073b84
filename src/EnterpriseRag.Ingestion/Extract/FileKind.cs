using System.Text.RegularExpressions;

namespace EnterpriseRag.Ingestion.Extract;

internal enum FileKind
{
    Pdf,
    Docx,
    Html,
    Markdown,
    Text,
    Mail,
}

/// <summary>
/// Tells a file's kind from its bytes; the extension must agree where there is one that we know. Believing the extension alone would hand foreign bytes
/// to the wrong reader; believing the bytes alone would index a renamed file as something its owner does not expect.
/// </summary>
internal static partial class FileKindDetector
{
    private static readonly Dictionary<string, FileKind> s_byExtension = new(StringComparer.OrdinalIgnoreCase)
    {
        [".pdf"] = FileKind.Pdf, [".docx"] = FileKind.Docx, [".docm"] = FileKind.Docx, [".dotx"] = FileKind.Docx,
        [".html"] = FileKind.Html, [".htm"] = FileKind.Html, [".xhtml"] = FileKind.Html,
        [".md"] = FileKind.Markdown, [".markdown"] = FileKind.Markdown, [".txt"] = FileKind.Text, [".text"] = FileKind.Text, [".eml"] = FileKind.Mail,
    };

    private static readonly (byte[] Magic, string Name)[] s_known =
    [
        ([0x89, 0x50, 0x4E, 0x47], "a PNG image"), ([0xFF, 0xD8, 0xFF], "a JPEG image"), ("GIF8"u8.ToArray(), "a GIF image"),
        ([0x49, 0x49, 0x2A, 0x00], "a TIFF image"), ([0x4D, 0x4D, 0x00, 0x2A], "a TIFF image"), ("RIFF"u8.ToArray(), "a media file"),
        ([0x1F, 0x8B], "a gzip archive"), ([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive"), ("Rar!"u8.ToArray(), "a RAR archive"), ("{\\rtf"u8.ToArray(), "an RTF document"),
        ("%!PS"u8.ToArray(), "a PostScript file"), ([0x7F, 0x45, 0x4C, 0x46], "a program"), ("MZ"u8.ToArray(), "a program"),
    ];

    public const string Supported = "PDF, DOCX, HTML, Markdown, TXT and EML are read.";

    /// <summary>The media type that is stored and sent to the viewer.</summary>
    public static string MediaType(FileKind kind) => kind switch
    {
        FileKind.Pdf => "application/pdf",
        FileKind.Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        FileKind.Html => "text/html",
        FileKind.Markdown => "text/markdown",
        FileKind.Mail => "message/rfc822",
        _ => "text/plain",
    };

    /// <summary>What a file of this name will probably be, until its bytes are looked at.</summary>
    public static string MediaTypeOfName(string fileName) =>
        s_byExtension.TryGetValue(Path.GetExtension(fileName), out var kind) ? MediaType(kind) : "application/octet-stream";

    /// <exception cref="ExtractionRefusedException">Empty, encrypted Office container, unsupported or contradicting its extension.</exception>
    public static FileKind Detect(string fileName, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes.IndexOfAnyExcept("\0 \t\r\n"u8) < 0)
        {
            throw new ExtractionRefusedException(FailureCodes.Empty, "The file is empty. Check the original and upload it again.");
        }

        var extension = Path.GetExtension(fileName);
        var named = s_byExtension.TryGetValue(extension, out var byName) ? byName : (FileKind?)null;
        if (ByMagic(bytes) is { } kind)
        {
            return named is null || named == kind ? kind : throw Disagrees(extension, kind);
        }

        if (named is FileKind.Pdf or FileKind.Docx)
        {
            throw new ExtractionRefusedException(
                FailureCodes.WrongType, $"The file is named {extension.ToLowerInvariant()} but its contents are something else. Open it in its program, save it as a real {extension.ToLowerInvariant()} file and upload that.");
        }

        if (TextDecoder.Decode(bytes[..Math.Min(bytes.Length, 8192)]) is not { } head)
        {
            throw new ExtractionRefusedException(FailureCodes.Unsupported, $"The contents are not a document that is read here. {Supported} Save it in one of these and upload that.");
        }

        var start = head.AsSpan().TrimStart();
        return named switch
        {
            FileKind.Html => start.Contains('<') ? FileKind.Html : throw new ExtractionRefusedException(FailureCodes.WrongType, "The file is named .html but holds no HTML. Rename it to .txt and upload it again."),
            FileKind.Mail => MailHeader().IsMatch(head) ? FileKind.Mail : throw new ExtractionRefusedException(FailureCodes.WrongType, "The file is named .eml but does not begin with mail headers. Export the mail again and upload the result."),
            { } text => text,
            null when extension.Length > 0 => throw new ExtractionRefusedException(FailureCodes.Unsupported, $"Files of this type are not read yet. {Supported} Save it in one of these and upload that."),
            null => start.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || start.StartsWith("<html", StringComparison.OrdinalIgnoreCase) ? FileKind.Html : FileKind.Text,
        };
    }

    private static FileKind? ByMagic(ReadOnlySpan<byte> bytes)
    {
        // Readers accept junk before the header (mail gateways add some), at most 1 KB.
        if (bytes[..Math.Min(bytes.Length, 1024)].IndexOf("%PDF-"u8) >= 0)
        {
            return FileKind.Pdf;
        }

        if (bytes.StartsWith("PK\u0003\u0004"u8) || bytes.StartsWith("PK\u0005\u0006"u8))
        {
            return Archive(bytes);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]))
        {
            // An Office file with a password is an OLE container with this stream (name in UTF-16).
            throw bytes.IndexOf("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"u8) >= 0
                ? new ExtractionRefusedException(FailureCodes.Encrypted, "The Office file is protected by a password. Save a copy without the password and upload that.")
                : new ExtractionRefusedException(FailureCodes.Unsupported, $"Old Office formats (.doc, .xls, .ppt, .msg) are not read yet. {Supported} Save it in one of these and upload that.");
        }

        foreach (var (magic, name) in s_known)
        {
            if (bytes.StartsWith(magic))
            {
                throw new ExtractionRefusedException(FailureCodes.Unsupported, $"The file is {name}. {Supported} Save it in one of these and upload that.");
            }
        }

        return null;
    }

    private static FileKind Archive(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOf("word/document"u8) >= 0 || bytes.IndexOf("word/_rels"u8) >= 0)
        {
            return FileKind.Docx;
        }

        var what = bytes.IndexOf("xl/"u8) >= 0 ? "a spreadsheet" : bytes.IndexOf("ppt/"u8) >= 0 ? "a presentation" : bytes.IndexOf("application/vnd.oasis"u8) >= 0 ? "an OpenDocument file" : "an archive";
        throw new ExtractionRefusedException(FailureCodes.Unsupported, $"The file is {what}, which is not read yet. {Supported} Save or unpack it and upload that.");
    }

    private static ExtractionRefusedException Disagrees(string extension, FileKind kind) =>
        new(FailureCodes.WrongType, $"The file is named {extension.ToLowerInvariant()} but its contents are {kind.ToString().ToUpperInvariant()}. Give it the right name and upload it again.");

    [GeneratedRegex(@"\A\s*(?:From |(?:[A-Za-z][A-Za-z0-9\-]{0,60}):[ \t])", RegexOptions.CultureInvariant)]
    private static partial Regex MailHeader();
}

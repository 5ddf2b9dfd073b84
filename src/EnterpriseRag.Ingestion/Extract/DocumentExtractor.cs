using EnterpriseRag.Ingestion.Extract.Html;
using EnterpriseRag.Ingestion.Extract.Mail;
using EnterpriseRag.Ingestion.Extract.Office;
using EnterpriseRag.Ingestion.Extract.Pdf;
using EnterpriseRag.Ingestion.Extract.Text;
using EnterpriseRag.Storage.Documents;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Ingestion.Extract;

/// <summary>A text with its media type, or the reason why there is none: exactly one of <c>Text</c> and <c>Failure</c> is set.</summary>
internal sealed record Extraction(string MediaType, DocumentText? Text, ExtractionFailure? Failure);

/// <summary>Foreign bytes to <see cref="DocumentText"/>. Every file ends as a text or a reason; exceptions are bugs or a broken machine. Thread-safe.</summary>
internal sealed class DocumentExtractor(PdfExtractor pdf, MailExtractor mail, IOptions<ExtractionOptions> options)
{
    /// <summary>Only the extension of <paramref name="fileName"/> is looked at.</summary>
    public async Task<Extraction> ExtractAsync(string fileName, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var mediaType = "application/octet-stream";
        try
        {
            var limits = options.Value;
            if (bytes.Length > limits.MaxFileMegabytes * 1024L * 1024L)
            {
                throw new ExtractionRefusedException(FailureCodes.TooLarge, $"The file is larger than {limits.MaxFileMegabytes} MB. Split it and upload the parts.");
            }

            var kind = FileKindDetector.Detect(fileName, bytes.Span);
            mediaType = FileKindDetector.MediaType(kind);
            var text = kind switch
            {
                FileKind.Pdf => await pdf.ExtractAsync(bytes, cancellationToken),
                FileKind.Mail => await mail.ExtractAsync(bytes, cancellationToken),
                FileKind.Docx => DocxExtractor.Extract(bytes, limits),
                FileKind.Html => HtmlExtractor.Extract(Decode(bytes), limits),
                FileKind.Markdown => MarkdownExtractor.Extract(Decode(bytes), limits),
                _ => PlainTextExtractor.Extract(Decode(bytes), limits),
            };
            return text.Text.AsSpan().ContainsAnyLetterOrDigit()
                ? new Extraction(mediaType, text, null)
                : new Extraction(mediaType, null, new ExtractionFailure(FailureCodes.NoText, "The file has no text. If it holds images of text, save it as a searchable PDF and upload that."));
        }
        catch (ExtractionRefusedException ex)
        {
            return new Extraction(mediaType, null, ex.Failure);
        }
    }

    private static string Decode(ReadOnlyMemory<byte> bytes) =>
        TextDecoder.Decode(bytes.Span, lookForDeclaration: true)
        ?? throw new ExtractionRefusedException(FailureCodes.WrongType, "The file is named as text but its contents are not. Save it again with its program and upload the result.");
}

file static class TextProbe
{
    public static bool ContainsAnyLetterOrDigit(this ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c) || char.IsSurrogate(c))
            {
                return true;
            }
        }

        return false;
    }
}

using System.Diagnostics;
using EnterpriseRag.Ingestion.Chunk;
using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Ingestion.Extract.Mail;
using EnterpriseRag.Ingestion.Extract.Pdf;
using EnterpriseRag.Ingestion.Extract.Sandbox;
using EnterpriseRag.Ingestion.Tests.Extract;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Benchmarks;

/// <summary>Pages per second from the bytes of a 200-page text PDF to its passages: poppler's child, paragraphs, headings, rectangles and sentences; without vectors.</summary>
internal static class IngestBenchmark
{
    public const string Name = "ingest";
    public const string Unit = "pages/s";
    private const int Pages = 200;
    private const int LinesPerPage = 44;
    private const int Rounds = 3;

    /// <summary>The best of three rounds: the machine's other work only ever slows one down.</summary>
    public static async Task<Measurement> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("rag-bench-");
        try
        {
            var options = Options.Create(new ExtractionOptions());
            var child = new ExtractorChild(options, new SandboxProbe());
            var directory = new ExtractionDirectory(folder.FullName);
            var extractor = new DocumentExtractor(new PdfExtractor(child, directory, options), new MailExtractor(child, directory, options), options);
            var pdf = HandMadePdf.FromLines([.. Enumerable.Range(0, Pages).Select(Page)]);
            var best = TimeSpan.MaxValue;
            for (var round = 0; round < Rounds; round++)
            {
                var watch = Stopwatch.StartNew();
                var extraction = await extractor.ExtractAsync("long.pdf", pdf, cancellationToken);
                var text = extraction.Text ?? throw new InvalidOperationException(extraction.Failure?.ToString());
                if (text.Pages.Count != Pages || Chunker.Chunk(text, new ChunkOptions()).Count < Pages)
                {
                    throw new InvalidOperationException("The benchmark's document was not read completely.");
                }

                best = watch.Elapsed < best ? watch.Elapsed : best;
            }

            return Pages / best.TotalSeconds;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A clause heading every eleven lines, sentences of some seventy characters: about 500 words a page, as contracts have.</summary>
    private static string[] Page(int page) =>
        [.. Enumerable.Range(0, LinesPerPage).Select(line => line % 11 == 0
            ? $"{(page * 4) + (line / 11) + 1}. Obligations of the parties"
            : $"The supplier delivers part {line} of lot {page} within {line + 3} days of the order and in full.")];
}

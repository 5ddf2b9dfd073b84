using EnterpriseRag.Ingestion.Extract;
using EnterpriseRag.Ingestion.Extract.Mail;
using EnterpriseRag.Ingestion.Extract.Pdf;
using EnterpriseRag.Ingestion.Extract.Sandbox;
using EnterpriseRag.Storage.Documents;
using Microsoft.Extensions.Options;
using Shouldly;

namespace EnterpriseRag.Ingestion.Tests.Extract;

/// <summary>The extraction stage with the real programs, as the host composes it.</summary>
internal sealed class Extractors : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("rag-extract-");

    public Extractors(Action<ExtractionOptions>? change = null)
    {
        var options = new ExtractionOptions();
        change?.Invoke(options);
        var wrapped = Options.Create(options);
        Child = new ExtractorChild(wrapped, Probe);
        var directory = new ExtractionDirectory(_directory.FullName);
        Extractor = new DocumentExtractor(new PdfExtractor(Child, directory, wrapped), new MailExtractor(Child, directory, wrapped), wrapped);
        Renderer = new PdfPageRenderer(Child, directory);
    }

    public SandboxProbe Probe { get; } = new();

    public ExtractorChild Child { get; }

    public DocumentExtractor Extractor { get; }

    public PdfPageRenderer Renderer { get; }

    public string WorkDirectory => _directory.FullName;

    public async Task<DocumentText> TextAsync(string name, byte[] bytes)
    {
        var extraction = await Extractor.ExtractAsync(name, bytes, TestContext.Current.CancellationToken);
        extraction.Failure.ShouldBeNull();
        Directory.EnumerateFileSystemEntries(_directory.FullName).ShouldBeEmpty();
        return extraction.Text.ShouldNotBeNull();
    }

    public async Task<ExtractionFailure> FailureAsync(string name, byte[] bytes)
    {
        var extraction = await Extractor.ExtractAsync(name, bytes, TestContext.Current.CancellationToken);
        extraction.Text.ShouldBeNull();
        Directory.EnumerateFileSystemEntries(_directory.FullName).ShouldBeEmpty();
        return extraction.Failure.ShouldNotBeNull();
    }

    public void Dispose() => _directory.Delete(recursive: true);
}

internal static class DocumentTexts
{
    public static string Of(this DocumentText text, TextBlock block) => text.Text.Substring(block.Start, block.Length);

    public static IEnumerable<string> BlockTexts(this DocumentText text) => text.Blocks.Select(text.Of);

    public static TextBlock Block(this DocumentText text, string content) => text.Blocks.Single(b => text.Of(b).Equals(content, StringComparison.Ordinal));
}

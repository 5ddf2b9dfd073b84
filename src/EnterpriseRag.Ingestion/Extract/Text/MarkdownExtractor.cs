using EnterpriseRag.Ingestion.Extract.Html;
using EnterpriseRag.Storage.Documents;
using Markdig;

namespace EnterpriseRag.Ingestion.Extract.Text;

/// <summary>Markdown to blocks, by way of HTML: raw HTML inside Markdown then gets the same treatment (no scripts) as HTML files do.</summary>
internal static class MarkdownExtractor
{
    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseGridTables().UseFootnotes().UseDefinitionLists().UseYamlFrontMatter().Build();

    public static DocumentText Extract(string text, ExtractionOptions limits)
    {
        string html;
        try
        {
            html = Markdown.ToHtml(text, s_pipeline);
        }
        catch (ArgumentException ex)
        {
            // Markdig's own limit of nesting (128); it reports it with this type.
            throw new ExtractionRefusedException(FailureCodes.TooComplex, "The Markdown nests too many lists or quotations inside each other. Simplify it or save it as PDF and upload that.", ex);
        }

        return HtmlExtractor.Extract(html, limits);
    }
}

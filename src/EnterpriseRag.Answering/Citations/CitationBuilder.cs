using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Answering.Prompting;

namespace EnterpriseRag.Answering.Citations;

/// <summary>Turns chosen sentences into numbered citations with exact characters of the document version.</summary>
internal static class CitationBuilder
{
    public static IReadOnlyList<Citation> Number(IReadOnlyList<Quotation> quotations) =>
        [.. quotations.Select(static (q, i) => new Citation(
            i + 1,
            q.Passage.Document,
            q.Passage.Version,
            q.Passage.DocumentName,
            q.Passage.Page,
            q.Passage.Start + q.Sentence.Start,
            q.Sentence.Length,
            q.Passage.HeadingPath,
            q.Text,
            q.Passage.Text,
            q.Passage.Ordinal,
            InstructionScan.IsSuspicious(q.Passage.Text)))];
}

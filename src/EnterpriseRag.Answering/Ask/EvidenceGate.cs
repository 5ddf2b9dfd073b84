using EnterpriseRag.Answering.Citations;
using EnterpriseRag.Retrieval.Search;

namespace EnterpriseRag.Answering.Ask;

/// <summary>
/// Decides whether the best quotation is evidence enough, or the honest answer is "not in the documents". One threshold per kind of language
/// pair, because cosines across languages are lower throughout (calibrated in docs/design/retrieval.md; AUROC .965 to .991 on XQuAD open).
/// </summary>
internal static class EvidenceGate
{
    private const float SameLanguage = 0.845f;
    private const float AcrossLanguages = 0.795f;

    public static bool IsEnough(SearchResult result, IReadOnlyList<Quotation> quotations) =>
        quotations.Any(q => q.Evidence >= (string.Equals(q.Passage.Language, result.QueryLanguage, StringComparison.Ordinal) ? SameLanguage : AcrossLanguages));
}

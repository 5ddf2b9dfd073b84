using System.Runtime.CompilerServices;
using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Answering.Citations;
using EnterpriseRag.Retrieval.Search;

namespace EnterpriseRag.Evaluation;

/// <summary>
/// How well weak evidence is told from strong on XQuAD. kept: share of the questions answered when their paragraph is there. declined: share
/// declined when the five paragraphs of the question's article are taken away.
/// </summary>
internal static class DeclineSet
{
    private const int PassagesWanted = 10;
    private const int ParagraphsPerArticle = 5;

    public static async IAsyncEnumerable<Figure> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var host = await EvaluationHost.StartAsync();
        var files = await XquadSet.LoadAsync(host, cancellationToken);
        foreach (var (question, document) in XquadSet.Pairs)
        {
            var (questions, corpus) = (files[question].Data.Questions, files[document]);
            int kept = 0, declined = 0;
            for (var i = 0; i < questions.Count; i++)
            {
                var article = corpus.Data.Questions[i].Paragraph / ParagraphsPerArticle;
                var result = await host.SearchAsync(corpus.Matter, questions[i].Text, PassagesWanted + ParagraphsPerArticle, cancellationToken);
                var without = result with
                {
                    Passages = result.Passages.Where(p => corpus.Documents.IndexOf(p.Document) / ParagraphsPerArticle != article).ToList(),
                };
                kept += IsEnough(result) ? 1 : 0;
                declined += IsEnough(without) ? 0 : 1;
            }

            yield return Figure.Share($"xquad {question}-{document}", "kept", kept, questions.Count);
            yield return Figure.Share($"xquad {question}-{document}", "declined", declined, questions.Count);
        }
    }

    private static bool IsEnough(SearchResult result) => EvidenceGate.IsEnough(result, QuotationSelector.Select(result));

    private static int IndexOf<T>(this IReadOnlyList<T> list, T item)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (EqualityComparer<T>.Default.Equals(list[i], item))
            {
                return i;
            }
        }

        return -1;
    }
}

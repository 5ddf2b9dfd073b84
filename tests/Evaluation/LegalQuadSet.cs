using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Search;

namespace EnterpriseRag.Evaluation;

/// <summary>
/// LegalQuAD: questions to long German court decisions, all in one matter. evidence@n: one of the first n passages comes from the gold decision and
/// overlaps the gold answer.
/// </summary>
internal static class LegalQuadSet
{
    private const string Name = "legalquad";

    public static async IAsyncEnumerable<Figure> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var host = await EvaluationHost.StartAsync();
        var texts = new List<EvaluationText>();
        var questions = new List<(string Text, int Document, int Start, int Length)>();
        Read(texts, questions);
        var (matter, documents) = await host.AddMatterAsync(texts, cancellationToken);
        int[] depths = [1, 5, 10];
        var hits = new int[depths.Length];
        foreach (var question in questions)
        {
            var result = await host.SearchAsync(matter, question.Text, depths[^1], cancellationToken);
            var rank = result.Passages.ToList().FindIndex(p => Holds(p, documents[question.Document], question.Start, question.Length));
            for (var d = 0; d < depths.Length; d++)
            {
                hits[d] += rank >= 0 && rank < depths[d] ? 1 : 0;
            }
        }

        for (var d = 0; d < depths.Length; d++)
        {
            yield return Figure.Share(Name, string.Create(CultureInfo.InvariantCulture, $"evidence@{depths[d]}"), hits[d], questions.Count);
        }
    }

    private static bool Holds(Passage passage, DocumentId document, int start, int length) =>
        passage.Document == document && passage.Start < start + length && start < passage.Start + passage.Text.Length;

    private static void Read(List<EvaluationText> texts, List<(string Text, int Document, int Start, int Length)> questions)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(EvaluationData.File("legalquad-de", "LegalQuAD.open.json")));
        foreach (var paragraph in json.RootElement.GetProperty("data").EnumerateArray().SelectMany(a => a.GetProperty("paragraphs").EnumerateArray()))
        {
            var context = paragraph.GetProperty("context").GetString()!; // SQuAD form: always present
            var known = texts.FindIndex(t => string.Equals(t.Text, context, StringComparison.Ordinal));
            if (known < 0)
            {
                known = texts.Count;
                texts.Add(new EvaluationText($"decision {known}", context));
            }

            foreach (var question in paragraph.GetProperty("qas").EnumerateArray())
            {
                // Offsets of this set are not exact everywhere; the answer's words are.
                var answer = question.GetProperty("answers")[0].GetProperty("text").GetString()!.Trim(); // SQuAD form: always present
                var start = context.IndexOf(answer, StringComparison.Ordinal);
                if (start >= 0)
                {
                    questions.Add((question.GetProperty("question").GetString()!, known, start, answer.Length)); // SQuAD form: always present
                }
            }
        }
    }
}

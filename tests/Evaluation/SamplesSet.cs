using System.Runtime.CompilerServices;
using System.Text.Json;
using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Storage;
using EnterpriseRag.Testing;
using EnterpriseRag.Testing.Product;

namespace EnterpriseRag.Evaluation;

/// <summary>
/// The sample matter through the whole product: its documents are received, extracted and indexed, its questions asked. evidence@5: a passage with
/// the gold words, of the gold document, among the first five. quote@3: the gold words in one of the quotations shown. answered and declined:
/// shares of the answerable and of the unanswerable questions.
/// </summary>
internal static class SamplesSet
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public static async IAsyncEnumerable<Figure> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folder = Path.Combine(RepositoryFiles.Root, "deploy", "samples");
        var file = JsonSerializer.Deserialize<QuestionFile>(await File.ReadAllBytesAsync(Path.Combine(folder, "questions.json"), cancellationToken), s_json)
            ?? throw new InvalidDataException("questions.json is empty.");
        await using var installation = (await PostgresCluster.SharedAsync()).NewInstallation();
        await using var host = await ProductHost.StartAsync(installation);
        foreach (var path in Directory.EnumerateFiles(Path.Combine(folder, "documents")).Order(StringComparer.Ordinal))
        {
            await host.ReceiveAsync(Path.GetFileName(path), await File.ReadAllBytesAsync(path, cancellationToken));
        }

        foreach (var version in await host.SettleAsync(TimeSpan.FromMinutes(5)))
        {
            if (version.State != VersionState.Ready)
            {
                throw new InvalidOperationException($"A sample document ended as {version.State}: {version.FailureReason}");
            }
        }

        var outcomes = new List<Outcome>();
        foreach (var question in file.Questions)
        {
            var outcome = await AskAsync(host, question);
            outcomes.Add(outcome);
            if (!outcome.AsItShouldBe)
            {
                Console.Error.WriteLine($"{question.Id}: evidence {outcome.Evidence}, quote {outcome.Quote}, declined {outcome.Declined}");
            }
        }

        foreach (var set in outcomes.GroupBy(static o => o.Question.Kind == "cross" ? "cross" : o.Question.Language).OrderBy(static g => g.Key, StringComparer.Ordinal))
        {
            var answerable = set.Where(static o => o.Question.Kind != "none").ToList();
            var none = set.Where(static o => o.Question.Kind == "none").ToList();
            yield return Figure.Share($"samples {set.Key}", "evidence@5", answerable.Count(static o => o.Evidence), answerable.Count);
            yield return Figure.Share($"samples {set.Key}", "quote@3", answerable.Count(static o => o.Quote), answerable.Count);
            yield return Figure.Share($"samples {set.Key}", "answered", answerable.Count(static o => !o.Declined), answerable.Count);
            if (none.Count > 0)
            {
                yield return Figure.Share($"samples {set.Key}", "declined", none.Count(static o => o.Declined), none.Count);
            }
        }
    }

    private static async Task<Outcome> AskAsync(ProductHost host, SampleQuestion question)
    {
        var found = (await host.SendAsync(new SearchDocuments(host.Reader, question.Question, Passages: 5))).Value;
        var events = await host.AskAsync(question.Question, AnswerMode.Quotes);
        var quotations = events.OfType<AnswerQuotations>().SelectMany(static q => q.Quotations).Concat(events.OfType<AnswerDeclined>().SelectMany(static d => d.Nearest));
        return new Outcome(
            question,
            found.Passages.Any(p => p.DocumentName == question.Document && Holds(question, p.Text)),
            quotations.Any(q => q.DocumentName == question.Document && Holds(question, q.Quote)),
            events.OfType<AnswerDeclined>().Any());
    }

    private static bool Holds(SampleQuestion question, string text) => question.Gold.Any(gold => text.Contains(gold, StringComparison.Ordinal));

    private sealed record QuestionFile(IReadOnlyList<SampleQuestion> Questions);

    private sealed record SampleQuestion(string Id, string Language, string Kind, string Question, string? Document, IReadOnlyList<string> Gold);

    private sealed record Outcome(SampleQuestion Question, bool Evidence, bool Quote, bool Declined)
    {
        public bool AsItShouldBe => Question.Kind == "none" ? Declined : Evidence && Quote && !Declined;
    }
}

using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using EnterpriseRag.Answering.Models;
using EnterpriseRag.Foundation;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Retrieval.Search;
using EnterpriseRag.Storage;
using EnterpriseRag.Testing;
using EnterpriseRag.Testing.Product;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Evaluation;

/// <summary>
/// Writes what the product finds for the questions about the sample matter into the set that 'rag models evaluate' carries: so that a model is judged on real
/// evidence, on every installation on the same. Run it again when the samples, their questions or the retrieval change. Its figure: questions written.
/// </summary>
internal static class SamplesExport
{
    // The prompt quotes three at most.
    private const int Passages = 5;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async IAsyncEnumerable<Figure> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folder = Path.Combine(RepositoryFiles.Root, "deploy", "samples");
        var questions = JsonSerializer.Deserialize<QuestionFile>(await File.ReadAllBytesAsync(Path.Combine(folder, "questions.json"), cancellationToken), s_json)
            ?? throw new InvalidDataException("questions.json is empty.");
        await using var installation = (await PostgresCluster.SharedAsync()).NewInstallation();
        await using var host = await ProductHost.StartAsync(installation);
        foreach (var path in Directory.EnumerateFiles(Path.Combine(folder, "documents")).Order(StringComparer.Ordinal))
        {
            await host.ReceiveAsync(Path.GetFileName(path), await File.ReadAllBytesAsync(path, cancellationToken));
        }

        if ((await host.SettleAsync(TimeSpan.FromMinutes(5))).FirstOrDefault(static v => v.State != VersionState.Ready) is { } failed)
        {
            throw new InvalidOperationException($"A sample document ended as {failed.State}: {failed.FailureReason}");
        }

        var search = host.Services.GetRequiredService<PassageSearch>();
        var scope = await host.Services.GetRequiredService<ScopeResolver>().ResolveAsync(host.Reader.Person, cancellationToken);
        var exam = new List<ExamQuestion>();
        foreach (var question in questions.Questions)
        {
            var found = await search.SearchAsync(TestTickets.Issue(TicketUse.Retrieval), scope, new SearchQuery(question.Question, Passages), cancellationToken);
            exam.Add(new ExamQuestion(
                question.Id, question.Language, question.Kind == "cross", question.Question, question.Kind == "none" ? [] : question.Gold, found.QueryLanguage, found.BestScoreZ,
                [.. found.Passages.Select(static p => new ExamPassage(
                    p.DocumentName, p.Page, p.HeadingPath, p.Language, p.Text, p.Score, p.Cosine, p.LexicalScore,
                    [.. p.Sentences.Select(static s => new ExamSentence(s.Start, s.Length, s.Language, s.Cosine, s.TermScore))]))]));
        }

        var target = Path.Combine(RepositoryFiles.Root, "src", "EnterpriseRag.Answering", "Models", "samples-exam.json");
        await File.WriteAllTextAsync(target, JsonSerializer.Serialize(new Exam("samples", exam), s_json) + "\n", cancellationToken);
        yield return Figure.Share("samples-export", "questions", exam.Count, questions.Questions.Count);
    }

    private sealed record QuestionFile(IReadOnlyList<SampleQuestion> Questions);

    private sealed record SampleQuestion(string Id, string Language, string Kind, string Question, IReadOnlyList<string> Gold);
}

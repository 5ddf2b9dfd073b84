using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using EnterpriseRag.Answering.Citations;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Retrieval.Index.Embedded;
using EnterpriseRag.Retrieval.Search.Dense;
using EnterpriseRag.Retrieval.Search.Fusion;
using EnterpriseRag.Retrieval.Search.Lexical;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseRag.Evaluation;

/// <summary>
/// XQuAD, English and German, in all four pairs of question and document language. Each paragraph is a document of one matter.
/// hit@1: the best passage is the gold paragraph. quote@n: one of the first n quotations holds the whole gold answer.
/// </summary>
internal static class XquadSet
{
    private const int PassagesWanted = 10;

    private static readonly float[] s_weights = [0, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.7f];
    internal static readonly (string Question, string Document)[] Pairs = [("en", "en"), ("de", "de"), ("en", "de"), ("de", "en")];

    public static async IAsyncEnumerable<Figure> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var host = await EvaluationHost.StartAsync();
        var files = await LoadAsync(host, cancellationToken);
        foreach (var (question, document) in Pairs)
        {
            var set = $"xquad {question}-{document}";
            var (questions, corpus) = (files[question].Data.Questions, files[document]);
            int hits = 0, first = 0, three = 0;
            for (var i = 0; i < questions.Count; i++)
            {
                var gold = corpus.Data.Questions[i];
                var result = await host.SearchAsync(corpus.Matter, questions[i].Text, PassagesWanted, cancellationToken);
                hits += result.Passages[0].Document == corpus.Documents[gold.Paragraph] ? 1 : 0;
                var quotes = QuotationSelector.Select(result, 3).Select(q => q.Text.Contains(gold.Answer, StringComparison.Ordinal)).ToList();
                first += quotes[0] ? 1 : 0;
                three += quotes.Contains(true) ? 1 : 0;
            }

            yield return Figure.Share(set, "hit@1", hits, questions.Count);
            yield return Figure.Share(set, "quote@1", first, questions.Count);
            yield return Figure.Share(set, "quote@3", three, questions.Count);
        }
    }

    /// <summary>hit@1 over a grid of fusion weights: how the defaults were chosen. The metric names the weights.</summary>
    public static async IAsyncEnumerable<Figure> SweepAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var host = await EvaluationHost.StartAsync();
        var files = await LoadAsync(host, cancellationToken);
        var languages = host.Services.GetRequiredService<LanguageIdentifier>();
        foreach (var (question, document) in Pairs)
        {
            var corpus = files[document];
            var questions = files[question].Data.Questions;
            var vectors = await host.QueryEmbedder.GenerateAsync(questions.Select(q => q.Text), cancellationToken: cancellationToken);
            using var snapshot = host.Services.GetRequiredService<EmbeddedPassageIndex>().Acquire();
            foreach (var weight in s_weights)
            {
                var settings = ScanSettings.Default with { Weights = new FusionWeights { SameLanguage = weight, AcrossLanguages = weight } };
                var hits = 0;
                for (var i = 0; i < questions.Count; i++)
                {
                    var terms = new QueryTerms(questions[i].Text, languages.Identify(questions[i].Text, [document]).Language);
                    var ranked = Ranking.Rank(snapshot, new QueryCode(vectors[i].Vector), terms, new HashSet<MatterId> { corpus.Matter }, new HashSet<MatterId>(), PassagesWanted, settings, cancellationToken);
                    var best = snapshot.Segments[ranked.Best[0].Key.Segment].Segment;
                    var found = best.Versions[best.Passages[ranked.Best[0].Key.Passage].Version].Document;
                    hits += found == corpus.Documents[corpus.Data.Questions[i].Paragraph].Value ? 1 : 0;
                }

                yield return Figure.Share($"xquad {question}-{document}", string.Create(CultureInfo.InvariantCulture, $"hit@1 lexical {weight}"), hits, questions.Count);
            }
        }
    }

    internal static async Task<Dictionary<string, Corpus>> LoadAsync(EvaluationHost host, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, Corpus>(StringComparer.Ordinal);
        foreach (var language in new[] { "en", "de" })
        {
            var data = Read(EvaluationData.File("xquad", $"xquad.{language}.open.json"));
            var (matter, documents) = await host.AddMatterAsync(data.Paragraphs.Select((p, i) => new EvaluationText($"xquad {language} {i}", p)).ToList(), cancellationToken);
            files[language] = new Corpus(data, matter, documents);
        }

        return files;
    }

    private static XquadData Read(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var data = new XquadData([], []);
        foreach (var paragraph in json.RootElement.GetProperty("data").EnumerateArray().SelectMany(a => a.GetProperty("paragraphs").EnumerateArray()))
        {
            foreach (var question in paragraph.GetProperty("qas").EnumerateArray())
            {
                var answer = question.GetProperty("answers")[0].GetProperty("text").GetString();
                data.Questions.Add(new XquadQuestion(question.GetProperty("question").GetString()!, answer!, data.Paragraphs.Count)); // SQuAD form: always present
            }

            data.Paragraphs.Add(paragraph.GetProperty("context").GetString()!); // SQuAD form: always present
        }

        return data;
    }

    internal sealed record XquadQuestion(string Text, string Answer, int Paragraph);

    internal sealed record XquadData(List<string> Paragraphs, List<XquadQuestion> Questions);

    internal sealed record Corpus(XquadData Data, MatterId Matter, IReadOnlyList<DocumentId> Documents);
}

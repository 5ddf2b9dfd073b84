using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using EnterpriseRag.Answering.Ask;
using EnterpriseRag.Answering.Citations;
using EnterpriseRag.Answering.Grounding;
using EnterpriseRag.Answering.Prompting;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Models.Registry;
using EnterpriseRag.Retrieval.Search;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Answering.Models;

/// <summary>How far an evaluation is.</summary>
public readonly record struct EvaluationProgress(int Done, int Total);

/// <summary>
/// Lets a model answer the questions of the sample matter as it would in an answer: same prompt, same check of each sentence, each question a request of the
/// ledger with its ticket. What passes the check is judged by the words that a right answer holds.
/// </summary>
public sealed class GroundedEvaluation
{
    // A model that adds a right sentence to fewer than a quarter of the answerable questions only costs the reader time; one that writes where the documents
    // are silent, oftener than one time in ten, misleads. (Wrong sentences cannot be counted on to be stopped: the check compares words, not sense.)
    private const double LeastRight = 0.25;
    private const double MostUnasked = 0.10;

    // And a sentence that passed its check must be right more often than not.
    private const double LeastPrecision = 0.5;

    // Fewer questions than this say nothing about a language.
    private const int LeastQuestions = 5;

    private readonly SentenceChecker _checker;
    private readonly AuditLedger _ledger;
    private readonly IOptions<AnsweringOptions> _options;
    private readonly TimeProvider _time;

    internal GroundedEvaluation(SentenceChecker checker, AuditLedger ledger, IOptions<AnsweringOptions> options, TimeProvider time) =>
        (_checker, _ledger, _options, _time) = (checker, ledger, options, time);

    /// <param name="generator">Over the model that is judged; see <c>ModelReview.OpenGenerator</c>.</param>
    /// <param name="actor">Who asks for it.</param>
    /// <param name="progress">Questions done.</param>
    /// <param name="cancellationToken">Ends it between two tokens; nothing is decided then.</param>
    /// <exception cref="AuditUnavailableException">The ledger cannot write; nothing more is generated.</exception>
    public async Task<ModelEvaluation> RunAsync(AuditedGenerator generator, Actor actor, IProgress<EvaluationProgress>? progress, CancellationToken cancellationToken)
    {
        var model = generator.Model ?? throw new InvalidOperationException("There is no model to judge.");
        var marks = new List<Mark>();
        foreach (var question in Exam.Samples.Questions)
        {
            marks.Add(await AskAsync(generator, model, actor, question, cancellationToken));
            progress?.Report(new EvaluationProgress(marks.Count, Exam.Samples.Questions.Count));
        }

        // Sources of another language need a translation, which the check of a sentence lets pass for no model; they are told apart.
        var groups = marks.GroupBy(static m => m.Question.IsAcrossLanguages ? "cross" : m.Question.Language, StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal).ToList();
        var measured = groups.Where(static g => !g.First().Question.IsAcrossLanguages).Where(static g => g.Count(static m => m.IsAnswerable) >= LeastQuestions).ToList();
        return new ModelEvaluation
        {
            Model = model.Name,
            Set = Exam.Samples.Name,
            SetSha256 = Exam.SamplesSha256,
            At = _time.GetUtcNow(),
            Measured = [.. measured.Select(static g => g.Key)],
            MayWrite = [.. measured.Where(static g => MayWrite([.. g])).Select(static g => g.Key)],
            Results = [.. groups.SelectMany(static g => Figures(g.Key, [.. g]))],
        };
    }

    private static bool MayWrite(IReadOnlyList<Mark> marks)
    {
        var answerable = marks.Where(static m => m.IsAnswerable).ToList();
        var silent = marks.Where(static m => !m.IsAnswerable).ToList();
        var wrote = answerable.Count(static m => m.Wrote);
        var right = answerable.Count(static m => m.IsRight);
        return right >= LeastRight * answerable.Count && right >= LeastPrecision * wrote && silent.Count(static m => m.Wrote) <= MostUnasked * silent.Count;
    }

    private static IEnumerable<ModelCardResult> Figures(string language, IReadOnlyList<Mark> marks)
    {
        var set = $"{Exam.Samples.Name} {language}";
        var answerable = marks.Where(static m => m.IsAnswerable).ToList();
        var silent = marks.Where(static m => !m.IsAnswerable).ToList();
        yield return new ModelCardResult(set, "wrote", Share(answerable.Count(static m => m.Wrote), answerable.Count), answerable.Count);
        yield return new ModelCardResult(set, "right", Share(answerable.Count(static m => m.IsRight), answerable.Count), answerable.Count);
        if (silent.Count > 0)
        {
            yield return new ModelCardResult(set, "wrote-unasked", Share(silent.Count(static m => m.Wrote), silent.Count), silent.Count);
        }
    }

    private static double Share(int count, int of) => Math.Round((double)count / of, 3);

    private async Task<Mark> AskAsync(AuditedGenerator generator, GenerationModelInfo model, Actor actor, ExamQuestion question, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var result = ResultOf(question);
        var quotations = QuotationSelector.Select(result);
        var use = new ModelUse(model.Name, model.Sha256, model.Engine, AnswerPrompt.Template, AnswerPrompt.TemplateSha256, _options.Value.MaxAnswerTokens, TemperatureMilli: 0, Seed: 0);
        var record = new RequestRecord(
            actor, new ProcessingContext("model-evaluation", "art6-1-f", "ai-6m", RecordingLevelCode.Content, Privileged: false), "evaluate", question.Text, "samples", [], "generate", null, use, TicketUse.Generation);
        await using var open = await _ledger.OpenRequestAsync(record, cancellationToken);

        var shown = new StringBuilder();
        var sentences = Channel.CreateBounded<AnswerEvent>(_options.Value.MaxAnswerTokens);
        var generated = EvidenceGate.IsEnough(result, quotations)
            ? await new GeneratedAnswer(generator, _checker, _ledger, _options, _time).WriteAsync(open, question.Text, CitationBuilder.Number(quotations), result, shown, sentences.Writer, Boundary(question), scope: null, cancellationToken)
            : GenerationOutcome.Off("no evidence");
        var elapsed = (long)_time.GetElapsedTime(started).TotalMicroseconds;
        await _ledger.RespondAsync(
            open,
            new ResponseRecord(
                shown.ToString(), generated.Withheld, generated.Finish, generated.SentencesShown > 0 ? "generated" : generated.Withheld is not null ? "withheld" : "declined",
                generated.InputTokens, generated.OutputTokens, new LatencyMicros(0, 0, elapsed, elapsed), new Dictionary<string, int>(StringComparer.Ordinal)),
            cancellationToken);
        return new Mark(question, generated.SentencesShown > 0, question.Gold.Any(gold => shown.ToString().Contains(gold, StringComparison.OrdinalIgnoreCase)));
    }

    private static string Boundary(ExamQuestion question) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(question.Id)))[..12];

    private static SearchResult ResultOf(ExamQuestion question) => new(
        question.QueryLanguage,
        [.. question.Passages.Select(static (p, ordinal) => new Passage(
            default, default, default, p.DocumentName, ordinal, p.Page, 0, p.HeadingPath, p.Language, p.Text, p.Score, p.Cosine, p.LexicalScore,
            [.. p.Sentences.Select(static s => new PassageSentence(s.Start, s.Length, s.Language, s.Cosine, s.TermScore))]))],
        DeniedByAccess: 0, question.BestScoreZ, "samples", Exam.SamplesSha256);

    private sealed record Mark(ExamQuestion Question, bool Wrote, bool HoldsGold)
    {
        public bool IsAnswerable => Question.Gold.Count > 0;

        public bool IsRight => Wrote && HoldsGold;
    }
}

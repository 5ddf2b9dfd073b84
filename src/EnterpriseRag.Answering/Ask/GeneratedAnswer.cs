using System.Globalization;
using System.Text;
using System.Threading.Channels;
using EnterpriseRag.Answering.Grounding;
using EnterpriseRag.Answering.Prompting;
using EnterpriseRag.Audit;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Remote;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Retrieval.Search;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Answering.Ask;

/// <summary>What became of the generated part.</summary>
/// <param name="SentencesShown">Sentences that passed their check and were shown.</param>
/// <param name="Withheld">The first unverified sentence: recorded, never shown.</param>
/// <param name="WithheldReason">Which check it failed.</param>
/// <param name="Finish">How the model ended.</param>
/// <param name="InputTokens">Prompt tokens.</param>
/// <param name="OutputTokens">Tokens the model made, shown or not.</param>
/// <param name="TokensPerSecond">Decode speed.</param>
/// <param name="Summary">shown | withheld (reason) | off (reason).</param>
internal sealed record GenerationOutcome(
    int SentencesShown, string? Withheld, string? WithheldReason, FinishReason Finish, int InputTokens, int OutputTokens, double TokensPerSecond, string Summary)
{
    public static GenerationOutcome Off(string reason) => new(0, null, null, FinishReason.Stop, 0, 0, 0, $"off ({reason})");
}

/// <summary>
/// Lets the model write and releases its text sentence by sentence: checked, committed to the spool, shown, in this order. The first unverified
/// sentence ends the generation. So nothing that was shown is ever taken back.
/// </summary>
internal sealed class GeneratedAnswer(AuditedGenerator generator, SentenceChecker checker, AuditLedger ledger, IOptions<AnsweringOptions> options, TimeProvider time)
{
    /// <param name="request">Open, with an unused ticket for generation.</param>
    /// <param name="question">The question.</param>
    /// <param name="citations">Numbered quotations.</param>
    /// <param name="result">Where they come from.</param>
    /// <param name="shown">Gets the text that was released.</param>
    /// <param name="reader">Gets the sentences that were released.</param>
    /// <param name="boundary">Digits of the fence around passages; no document may know them.</param>
    /// <param name="scope">Of the person who asked; null: for nobody, and nothing the model computes is shared.</param>
    /// <param name="cancellationToken">Stops the model within one token.</param>
    public async Task<GenerationOutcome> WriteAsync(
        OpenRequest request, string question, IReadOnlyList<Citation> citations, SearchResult result, StringBuilder shown, ChannelWriter<AnswerEvent> reader, string boundary, ReadableScope? scope,
        CancellationToken cancellationToken)
    {
        var budget = Math.Min(options.Value.PromptTokens, (generator.Model?.ContextTokens ?? 0) - options.Value.MaxAnswerTokens);
        var prompt = AnswerPrompt.Build(question, citations, result.Passages, generator.CountTokens, budget, boundary);
        if (prompt is null)
        {
            return GenerationOutcome.Off("no passage may be shown to the model");
        }

        var settings = new ChatOptions
        {
            MaxOutputTokens = options.Value.MaxAnswerTokens,
            Temperature = 0,
            AdditionalProperties = scope is null ? null : new AdditionalPropertiesDictionary
            {
                [ChatOptionKeys.User] = scope.Person.Value.ToString("N"),
                [ChatOptionKeys.CacheScope] = PassageFence.CacheScope(scope),
            },
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var release = new SentenceRelease(request, prompt, shown, reader);
        var meter = new TokenMeter(time);
        var finish = FinishReason.Stop;
        var assembler = new SentenceAssembler();
        try
        {
            await foreach (var update in generator.GenerateAsync(request.Ticket, prompt.Messages, settings, stop.Token))
            {
                meter.Count(update);
                finish = update.FinishReason == ChatFinishReason.Length ? FinishReason.Length : finish;
                foreach (var sentence in assembler.Add(update.Text))
                {
                    if (!await ReleaseAsync(release, sentence, cancellationToken))
                    {
                        // Leaving the loop disposes the stream, which stops the model within one token.
                        return Outcome(release, meter, FinishReason.Blocked);
                    }
                }
            }
        }
        catch (GenerationBusyException) when (release.Count == 0)
        {
            return GenerationOutcome.Off("the model is busy"); // the quotations stand by themselves
        }
        catch (RemoteModelException) when (release.Count == 0)
        {
            return GenerationOutcome.Off("the model server does not answer");
        }

        var rest = assembler.Finish(stoppedByModel: finish == FinishReason.Stop);
        var passed = rest is null || await ReleaseAsync(release, rest, cancellationToken);
        return Outcome(release, meter, passed ? finish : FinishReason.Blocked);
    }

    private async Task<bool> ReleaseAsync(SentenceRelease release, GeneratedSentence sentence, CancellationToken cancellationToken)
    {
        var verdict = await checker.CheckAsync(sentence.Text, sentence.Cited, release.Prompt.Sources, cancellationToken);
        if (verdict.State == SentenceState.Unverified)
        {
            (release.Withheld, release.WithheldReason) = (sentence.Text, verdict.Reason);
            return false;
        }

        var text = string.Create(CultureInfo.InvariantCulture, $"{sentence.Text} {string.Concat(verdict.Citations.Select(static n => $"[{n}]"))}\n");
        await ledger.SpoolAsync(release.Request, text, cancellationToken);
        release.Shown.Append(text);
        await release.Reader.WriteAsync(new AnswerSentence(release.Count++, sentence.Text, verdict.State, verdict.Citations), cancellationToken);
        return true;
    }

    private static GenerationOutcome Outcome(SentenceRelease release, TokenMeter meter, FinishReason finish) => new(
        release.Count,
        release.Withheld,
        release.WithheldReason,
        finish,
        meter.InputTokens,
        meter.OutputTokens,
        meter.TokensPerSecond,
        release.Count > 0 ? "shown" : release.Withheld is null ? "withheld (no sentence)" : $"withheld ({release.WithheldReason})");

    private sealed class SentenceRelease(OpenRequest request, AnswerPrompt prompt, StringBuilder shown, ChannelWriter<AnswerEvent> reader)
    {
        public OpenRequest Request { get; } = request;

        public AnswerPrompt Prompt { get; } = prompt;

        public StringBuilder Shown { get; } = shown;

        public ChannelWriter<AnswerEvent> Reader { get; } = reader;

        public int Count { get; set; }

        public string? Withheld { get; set; }

        public string? WithheldReason { get; set; }
    }
}

using System.Globalization;
using System.Text;
using System.Threading.Channels;
using EnterpriseRag.Answering.Citations;
using EnterpriseRag.Answering.Prompting;
using EnterpriseRag.Audit;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Retrieval.Search;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Answering.Ask;

/// <summary>
/// Retrieve, quote, generate, finish: each step durable in the ledger before the reader sees it (ledger.md 2.8). Whatever happens, the request
/// ends in exactly one terminal leaf: response here, abort by <see cref="OpenRequest"/> when this method leaves early.
/// </summary>
internal sealed class AnswerPipeline(
    PassageSearch search,
    AuditLedger ledger,
    AuditedGenerator generator,
    GeneratedAnswer generation,
    IOptions<AnsweringOptions> options,
    TimeProvider time,
    ILogger<AnswerPipeline> logger)
{
    /// <summary>Never throws for a lost ledger or a reader that left; other faults complete the channel with the exception.</summary>
    public async Task RunAsync(AnswerRun run, ChannelWriter<AnswerEvent> reader, CancellationToken cancellationToken)
    {
        Exception? fault = null;
        try
        {
            await using (run.Request)
            {
                await AnswerAsync(run, reader, cancellationToken);
            }
        }
        catch (AuditUnavailableException exception)
        {
            Log.LedgerLost(logger, run.Request.Id.Value, exception);
            reader.TryWrite(new AnswerAuditAbort(Wording.AuditAborted(run.Language)));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Log.ReaderLeft(logger, run.Request.Id.Value);
        }
#pragma warning disable CA1031 // handed to the reader through the channel, which rethrows it
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.AnswerFailed(logger, run.Request.Id.Value, exception);
            fault = exception;
        }
        finally
        {
            reader.TryComplete(fault);
        }
    }

    private async Task AnswerAsync(AnswerRun run, ChannelWriter<AnswerEvent> reader, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        await reader.WriteAsync(new AnswerStarted(run.Request.Id, run.Language), cancellationToken);
        var result = await search.SearchAsync(run.Request.Ticket, run.Scope, new SearchQuery(run.Question.Text, options.Value.Passages), cancellationToken);
        var retrieved = time.GetTimestamp();

        var quotations = QuotationSelector.Select(result);
        var enough = EvidenceGate.IsEnough(result, quotations);
        var citations = CitationBuilder.Number(quotations);
        await ledger.AppendContextAsync(run.Request, Context(result, citations), cancellationToken);

        AnswerEvent first = enough
            ? new AnswerQuotations(Wording.QuotationsHeading(run.Language), citations)
            : new AnswerDeclined(citations.Count == 0 ? Wording.NothingToSearch(run.Language) : Wording.NotInDocuments(run.Language), citations);
        var shown = new StringBuilder(AsText(first));
        await ledger.SpoolAsync(run.Request, shown.ToString(), cancellationToken);
        await reader.WriteAsync(first, cancellationToken);
        var firstShown = time.GetTimestamp();

        var generated = enough && run.MayGenerate
            ? await generation.WriteAsync(run.Request, run.Question.Text, citations, result, shown, reader, PassageFence.Boundary(PassageFence.CacheScope(run.Scope), result.Passages), run.Scope, cancellationToken)
            : GenerationOutcome.Off(WhyOff(run, enough));

        var outcome = !enough ? "declined" : generated.SentencesShown > 0 ? "generated" : generated.Withheld is not null ? "withheld" : "quotes";
        var receipt = await ledger.RespondAsync(
            run.Request,
            new ResponseRecord(
                shown.ToString(),
                generated.Withheld,
                generated.Finish,
                outcome,
                generated.InputTokens,
                generated.OutputTokens,
                new LatencyMicros(0, Micros(start, retrieved), Micros(start, firstShown), Micros(start, time.GetTimestamp())),
                Guards(citations, generated)),
            cancellationToken);
        await reader.WriteAsync(new AnswerFinished(outcome, receipt, generated.Summary, generated.OutputTokens, generated.TokensPerSecond), cancellationToken);
    }

    private string WhyOff(AnswerRun run, bool enough) =>
        !enough ? "no evidence"
        : run.Question.Mode == AnswerMode.Quotes ? "quotations were asked for"
        : generator.Model is null ? "no model is installed"
        : $"the model may not write in \"{run.Language}\"";

    private static ContextRecord Context(SearchResult result, IReadOnlyList<Citation> citations) => new(
        result.IndexVersion,
        result.EmbeddingModelSha256,
        result.Passages.Count,
        result.DeniedByAccess,
        [.. result.Passages.Select((p, rank) => new ContextChunk(
            p.Version,
            p.Ordinal,
            rank,
            (long)(p.Score * 1_000_000),
            citations.Any(c => c.Version == p.Version && c.Ordinal == p.Ordinal),
            InstructionScan.IsSuspicious(p.Text)))]);

    private static string AsText(AnswerEvent first)
    {
        var (heading, citations) = first switch
        {
            AnswerQuotations q => (q.Heading, q.Quotations),
            AnswerDeclined d => (d.Wording, d.Nearest),
            _ => throw new ArgumentOutOfRangeException(nameof(first)),
        };
        var text = new StringBuilder(heading).Append('\n');
        foreach (var citation in citations)
        {
            text.Append(CultureInfo.InvariantCulture, $"[{citation.Number}] {citation.Quote}\n");
        }

        return text.ToString();
    }

    private static Dictionary<string, int> Guards(IReadOnlyList<Citation> citations, GenerationOutcome generated)
    {
        var guards = new Dictionary<string, int>(StringComparer.Ordinal);
        if (citations.Count(static c => c.LooksLikeInstruction) is > 0 and var flagged)
        {
            guards["instruction_flagged"] = flagged;
        }

        if (generated.WithheldReason is { } reason)
        {
            guards["sentence_unverified"] = 1;
            guards["unverified_" + reason] = 1;
        }

        return guards;
    }

    private long Micros(long from, long to) => (long)time.GetElapsedTime(from, to).TotalMicroseconds;
}

using System.Globalization;
using System.Text;
using EnterpriseRag.Answering.Prompting;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Foundation.Requests;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Retrieval.Access;
using EnterpriseRag.Retrieval.Search;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Answering.Ask;

/// <summary>Ranked passages without an answer. Recorded as a request whose response lists what was shown.</summary>
public sealed record SearchDocuments(Actor Asker, string Text, int Passages = 10, IReadOnlyList<MatterId>? Matters = null)
    : IRequest<Result<FoundPassages>>, IRoleBound
{
    public IReadOnlyList<string> SenderRoles => Asker.Roles;

    public IReadOnlyList<string> PermittedRoles { get; } = [PlatformRoles.Reader];
}

public sealed record FoundPassages(string Language, IReadOnlyList<Passage> Passages, Receipt Receipt);

internal sealed class SearchDocumentsValidator : AbstractValidator<SearchDocuments>
{
    public SearchDocumentsValidator(IOptions<AnsweringOptions> options)
    {
        RuleFor(static q => q.Text).NotEmpty().WithMessage("Type what to look for: the text is empty.");
        RuleFor(static q => q.Text).MaximumLength(options.Value.MaxQuestionLength)
            .WithMessage($"The text is longer than {options.Value.MaxQuestionLength} characters; shorten it.");
        RuleFor(static q => q.Passages).InclusiveBetween(1, 100).WithMessage("Ask for 1 to 100 passages.");
    }
}

internal sealed class SearchDocumentsHandler(
    ScopeResolver scopes, RequestGrounds grounds, AuditLedger ledger, PassageSearch search, EmbeddingModelInfo embedding, TimeProvider time, ILogger<SearchDocumentsHandler> logger)
    : IRequestHandler<SearchDocuments, Result<FoundPassages>>
{
    public async Task<Result<FoundPassages>> Handle(SearchDocuments request, CancellationToken cancellationToken)
    {
        var scope = (await scopes.ResolveAsync(request.Asker.Person, cancellationToken)).Within(request.Matters);
        if (scope.Matters.Count == 0)
        {
            return new Failure(FailureKind.NotFound, "There is no matter that you may read. Ask an owner of a matter to add you.");
        }

        try
        {
            var start = time.GetTimestamp();
            var record = new RequestRecord(
                request.Asker, await grounds.OfAsync(scope, cancellationToken), Kind: "search", request.Text, scope.DecisionId, [.. scope.Matters], Mode: "quotes", Conversation: null, Model: null, TicketUse.Retrieval, embedding.Sha256);
            await using var open = await ledger.OpenRequestAsync(record, cancellationToken);
            var result = await search.SearchAsync(open.Ticket, scope, new SearchQuery(request.Text, request.Passages), cancellationToken);
            var retrieved = time.GetElapsedTime(start);
            await ledger.AppendContextAsync(open, Context(result), cancellationToken);
            var elapsed = (long)time.GetElapsedTime(start).TotalMicroseconds;
            var receipt = await ledger.RespondAsync(
                open,
                new ResponseRecord(AsText(result), null, FinishReason.Stop, Outcome: "listed", 0, 0, new LatencyMicros(0, (long)retrieved.TotalMicroseconds, elapsed, elapsed), new Dictionary<string, int>(StringComparer.Ordinal)),
                cancellationToken);
            return new FoundPassages(result.QueryLanguage, result.Passages, receipt);
        }
        catch (AuditUnavailableException exception)
        {
            Log.LedgerClosed(logger, exception);
            return new Failure(FailureKind.AuditUnavailable, "The audit ledger cannot be written; nothing is shown.");
        }
    }

    private static ContextRecord Context(SearchResult result) => new(
        result.IndexVersion,
        result.EmbeddingModelSha256,
        result.Passages.Count,
        result.DeniedByAccess,
        [.. result.Passages.Select(static (p, rank) => new ContextChunk(p.Version, p.Ordinal, rank, (long)(p.Score * 1_000_000), Used: true, InstructionScan.IsSuspicious(p.Text)))]);

    private static string AsText(SearchResult result)
    {
        var text = new StringBuilder();
        foreach (var passage in result.Passages)
        {
            text.Append(CultureInfo.InvariantCulture, $"{passage.Version} {passage.Ordinal}\n");
        }

        return text.ToString();
    }
}

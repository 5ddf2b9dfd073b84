using System.Globalization;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Foundation.Requests;
using EnterpriseRag.Inference.Embedding;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Answering.Direct;

/// <summary>What the texts are for: models that know roles put a prefix before them.</summary>
public enum EmbeddingPurpose
{
    /// <summary>As they are; the caller has put the prefix itself, or wants none.</summary>
    Plain,
    Query,
    Passage,
}

/// <summary>Unit vectors of texts, by the embedding model itself. Recorded like every other use of a model.</summary>
public sealed record DirectEmbedding(Actor Asker, string Model, IReadOnlyList<string> Texts, EmbeddingPurpose Purpose) : IRequest<Result<EmbeddedTexts>>, IRoleBound
{
    public IReadOnlyList<string> SenderRoles => Asker.Roles;

    public IReadOnlyList<string> PermittedRoles { get; } = [PlatformRoles.Reader];
}

/// <summary>One vector a text, in their order.</summary>
public sealed record EmbeddedTexts(EmbeddingModelInfo Model, IReadOnlyList<ReadOnlyMemory<float>> Vectors, int Tokens, Receipt Receipt);

internal sealed class DirectEmbeddingValidator : AbstractValidator<DirectEmbedding>
{
    public DirectEmbeddingValidator(IOptions<DirectOptions> options)
    {
        RuleFor(static e => e.Texts.Count).InclusiveBetween(1, options.Value.MaxTexts).WithMessage($"Send 1 to {options.Value.MaxTexts} texts.");
        RuleForEach(static e => e.Texts).NotEmpty().WithMessage("An empty text has no vector.");
    }
}

internal sealed class DirectEmbeddingHandler(
    AuditLedger ledger,
    EmbeddingModelInfo model,
    [FromKeyedServices(EmbeddingRoles.Plain)] IEmbeddingGenerator<string, Embedding<float>> plain,
    [FromKeyedServices(EmbeddingRoles.Query)] IEmbeddingGenerator<string, Embedding<float>> query,
    [FromKeyedServices(EmbeddingRoles.Passage)] IEmbeddingGenerator<string, Embedding<float>> passage,
    IOptions<DirectOptions> options,
    TimeProvider time,
    ILogger<DirectEmbeddingHandler> logger) : IRequestHandler<DirectEmbedding, Result<EmbeddedTexts>>
{
    public async Task<Result<EmbeddedTexts>> Handle(DirectEmbedding request, CancellationToken cancellationToken)
    {
        if (!string.Equals(model.Name, request.Model, StringComparison.Ordinal))
        {
            return new Failure(FailureKind.NotFound, $"There is no embedding model '{request.Model}' here.");
        }

        try
        {
            var start = time.GetTimestamp();
            var record = new RequestRecord(
                request.Asker, options.Value.Why, Kind: "embed", string.Join('\n', request.Texts), ScopeDecision: "no-matter", [], Mode: "direct", Conversation: null, Model: null,
                TicketUse.Retrieval, model.Sha256);
            await using var open = await ledger.OpenRequestAsync(record, cancellationToken);
            open.Ticket.Redeem(TicketUse.Retrieval, time.GetUtcNow());
            var generator = request.Purpose switch { EmbeddingPurpose.Query => query, EmbeddingPurpose.Passage => passage, _ => plain };
            var vectors = await generator.GenerateAsync(request.Texts, options: null, cancellationToken);
            var elapsed = (long)time.GetElapsedTime(start).TotalMicroseconds;
            var tokens = (int)(vectors.Usage?.InputTokenCount ?? 0);
            // The vectors follow from the recorded texts and the recorded model; to keep them would be to keep the texts twice.
            var receipt = await ledger.RespondAsync(
                open,
                new ResponseRecord(
                    string.Create(CultureInfo.InvariantCulture, $"{vectors.Count} vectors of {model.Dimensions} dimensions"), null, FinishReason.Stop, Outcome: "listed", tokens, 0,
                    new LatencyMicros(0, 0, elapsed, elapsed), new Dictionary<string, int>(StringComparer.Ordinal)),
                cancellationToken);
            return new EmbeddedTexts(model, [.. vectors.Select(static v => v.Vector)], tokens, receipt);
        }
        catch (AuditUnavailableException exception)
        {
            Log.LedgerClosed(logger, exception);
            return new Failure(FailureKind.AuditUnavailable, "The audit ledger cannot be written; nothing is shown.");
        }
    }
}

using System.Runtime.CompilerServices;
using System.Threading.Channels;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Inference.Embedding;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Languages;
using EnterpriseRag.Retrieval.Access;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Answering.Ask;

internal sealed class QuestionValidator : AbstractValidator<Question>
{
    public QuestionValidator(IOptions<AnsweringOptions> options)
    {
        RuleFor(static q => q.Text).NotEmpty().WithMessage("Ask a question: the text is empty.");
        RuleFor(static q => q.Text).MaximumLength(options.Value.MaxQuestionLength)
            .WithMessage($"The question is longer than {options.Value.MaxQuestionLength} characters; shorten it.");
        // It stands in the clear part of the record, where free text may not.
        RuleFor(static q => q.Conversation).Matches("^[A-Za-z0-9._:/-]{1,64}$").When(static q => q.Conversation is not null)
            .WithMessage("The conversation is an id of at most 64 letters, digits and . _ : / - characters.");
        RuleFor(static q => q.Mode).IsInEnum().WithMessage("The mode is auto, quotes or generate.");
    }
}

/// <summary>Answers questions from the documents that the asker may read. Sent through MediatR as <see cref="Question"/>.</summary>
internal sealed class AnswerService(
    ScopeResolver scopes,
    RequestGrounds grounds,
    AuditLedger ledger,
    AuditedGenerator generator,
    LanguageIdentifier languages,
    EmbeddingModelInfo embedding,
    AnswerPipeline pipeline,
    IOptions<AnsweringOptions> options,
    ILogger<AnswerService> logger) : IRequestHandler<Question, Result<IAsyncEnumerable<AnswerEvent>>>
{
    // Languages with fixed wording; a short question is settled between them.
    private static readonly string[] s_expectedLanguages = ["de", "en"];

    /// <summary>
    /// Records the request and returns the stream of its events. Failures before the first event: Invalid (no readable matter, or generation
    /// asked for where the model may not write), AuditUnavailable (nothing was retrieved or generated).
    /// </summary>
    public async Task<Result<IAsyncEnumerable<AnswerEvent>>> Handle(Question request, CancellationToken cancellationToken)
    {
        var scope = (await scopes.ResolveAsync(request.Asker.Person, cancellationToken)).Within(request.Matters);
        if (scope.Matters.Count == 0)
        {
            return new Failure(FailureKind.NotFound, "There is no matter that you may read. Ask an owner of a matter to add you.");
        }

        var language = languages.Identify(request.Text, s_expectedLanguages).Language;
        var mayGenerate = request.Mode != AnswerMode.Quotes && generator.Model is { } model && model.Languages.Contains(language, StringComparer.Ordinal);
        if (request.Mode == AnswerMode.Generate && !mayGenerate)
        {
            return new Failure(FailureKind.Invalid, $"No installed model may write in \"{language}\". Use the mode auto or quotes, or install a model for this language.");
        }

        OpenRequest open;
        try
        {
            open = await ledger.OpenRequestAsync(await RecordAsync(request, scope, mayGenerate, cancellationToken), cancellationToken);
        }
        catch (AuditUnavailableException exception)
        {
            Log.LedgerClosed(logger, exception);
            return new Failure(FailureKind.AuditUnavailable, Wording.AuditAborted(language));
        }

        return Result<IAsyncEnumerable<AnswerEvent>>.FromValue(StreamAsync(new AnswerRun(request, open, scope, language, mayGenerate), cancellationToken));
    }

    private async Task<RequestRecord> RecordAsync(Question question, ReadableScope scope, bool mayGenerate, CancellationToken cancellationToken)
    {
        var use = mayGenerate && generator.Model is { } model
            ? new ModelUse(
                model.Name, model.Sha256, model.Engine, Prompting.AnswerPrompt.Template, Prompting.AnswerPrompt.TemplateSha256, options.Value.MaxAnswerTokens, TemperatureMilli: 0, Seed: 0)
            : null;
        return new RequestRecord(
            question.Asker,
            await grounds.OfAsync(scope, cancellationToken),
            Kind: "ask",
            question.Text,
            scope.DecisionId,
            [.. scope.Matters],
            question.Mode.ToString().ToLowerInvariant(),
            question.Conversation,
            use,
            mayGenerate ? TicketUse.Retrieval | TicketUse.Generation : TicketUse.Retrieval,
            embedding.Sha256);
    }

    private async IAsyncEnumerable<AnswerEvent> StreamAsync(AnswerRun run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The pipeline writes, the reader takes: a reader that goes away (dispose or cancel) stops the pipeline at its next step.
        var channel = Channel.CreateBounded<AnswerEvent>(new BoundedChannelOptions(4) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = pipeline.RunAsync(run, channel.Writer, stop.Token);
        try
        {
            await foreach (var item in channel.Reader.ReadAllAsync(CancellationToken.None))
            {
                yield return item;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await work;
        }
    }
}

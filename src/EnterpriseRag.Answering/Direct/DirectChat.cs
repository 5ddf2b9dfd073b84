using System.Security.Cryptography;
using System.Text.Json;
using EnterpriseRag.Audit;
using EnterpriseRag.Foundation;
using EnterpriseRag.Foundation.Requests;
using EnterpriseRag.Inference.Generation;
using EnterpriseRag.Inference.Remote;
using MediatR;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Answering.Direct;

/// <summary>
/// A conversation with the language model itself: no documents are searched and nothing is checked against them. Recorded like every other use of a model.
/// </summary>
/// <param name="Asker">Who asks.</param>
/// <param name="Model">Name of the model wanted, or "model:adapter".</param>
/// <param name="Messages">The conversation.</param>
/// <param name="Options">As <see cref="AuditedGenerator.GenerateAsync"/> obeys them.</param>
/// <param name="Recorded">What the ledger seals as the prompt.</param>
/// <param name="IsStreamed">Parts are shown before the end, so each is spooled first.</param>
public sealed record DirectChat(Actor Asker, string Model, IReadOnlyList<ChatMessage> Messages, ChatOptions Options, string Recorded, bool IsStreamed)
    : IRequest<Result<DirectChatRun>>, IRoleBound
{
    public IReadOnlyList<string> SenderRoles => Asker.Roles;

    public IReadOnlyList<string> PermittedRoles { get; } = [PlatformRoles.Reader];
}

internal sealed class DirectChatHandler(AuditLedger ledger, AuditedGenerator generator, IOptions<DirectOptions> options, IOptions<GenerationOptions> limits, TimeProvider time, ILogger<DirectChatHandler> logger)
    : IRequestHandler<DirectChat, Result<DirectChatRun>>
{
    /// <summary>
    /// Records the request and starts the answer. Failures: NotFound (no such model), Invalid (an option or prompt that the model cannot obey; the message is for
    /// the caller), AuditUnavailable (nothing was generated).
    /// </summary>
    /// <exception cref="GenerationBusyException">Too many requests wait.</exception>
    public async Task<Result<DirectChatRun>> Handle(DirectChat request, CancellationToken cancellationToken)
    {
        if (generator.Model is not { } model || !IsNamed(model.Name, request.Model, out var adapter))
        {
            return new Failure(FailureKind.NotFound, $"There is no language model '{request.Model}' here.");
        }

        var settings = Settings(request, adapter);
        string? adapterSha256 = null;
        try
        {
            adapterSha256 = adapter is null ? null : generator.RequireAdapter(adapter);
        }
        catch (ArgumentException e)
        {
            return new Failure(FailureKind.NotFound, e.Message);
        }

        try
        {
            var open = await ledger.OpenRequestAsync(Record(request, model, settings, adapterSha256), cancellationToken);
            return await StartAsync(request, model, settings, open, cancellationToken);
        }
        catch (AuditUnavailableException exception)
        {
            Log.LedgerClosed(logger, exception);
            return new Failure(FailureKind.AuditUnavailable, "The audit ledger cannot be written; nothing was generated.");
        }
    }

    private async Task<Result<DirectChatRun>> StartAsync(DirectChat request, GenerationModelInfo model, ChatOptions settings, OpenRequest open, CancellationToken cancellationToken)
    {
        var run = new DirectChatRun(open, ledger, model, request.IsStreamed, time);
        try
        {
            await run.StartAsync(generator.GenerateAsync(open.Ticket, request.Messages, settings, cancellationToken), cancellationToken);
            return run;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or JsonException)
        {
            await ledger.AbortAsync(open, "invalid_request", cancellationToken);
            await run.DisposeAsync();
            return new Failure(FailureKind.Invalid, e.Message);
        }
        catch (RemoteModelException e)
        {
            Log.RemoteFailed(logger, e);
            await ledger.AbortAsync(open, "model_unavailable", cancellationToken);
            await run.DisposeAsync();
            return new Failure(FailureKind.Unavailable, e.Message);
        }
        catch (GenerationBusyException)
        {
            await ledger.AbortAsync(open, "busy", cancellationToken);
            await run.DisposeAsync();
            throw;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>By its own name, which may hold a colon, or by "model:adapter".</summary>
    private static bool IsNamed(string model, string wanted, out string? adapter)
    {
        adapter = wanted.Length > model.Length + 1 && wanted[model.Length] == ':' ? wanted[(model.Length + 1)..] : null;
        return wanted.StartsWith(model, StringComparison.Ordinal) && (adapter is not null || wanted.Length == model.Length);
    }

    private static ChatOptions Settings(DirectChat request, string? adapter)
    {
        var settings = request.Options.Clone();
        // Fair between people, and a cached prefix of one person's words helps nobody else to guess them.
        settings.AdditionalProperties = new AdditionalPropertiesDictionary(settings.AdditionalProperties ?? [])
        {
            [ChatOptionKeys.User] = request.Asker.Person.ToString(),
            [ChatOptionKeys.CacheScope] = $"person {request.Asker.Person}",
        };
        // Only by the model's name, which the ledger goes by.
        settings.AdditionalProperties.Remove(ChatOptionKeys.Adapter);
        if (adapter is not null)
        {
            settings.AdditionalProperties[ChatOptionKeys.Adapter] = adapter;
        }

        if (settings.Temperature is > 0)
        {
            settings.Seed ??= RandomNumberGenerator.GetInt32(int.MaxValue); // the ledger holds what repeats the answer
        }

        return settings;
    }

    private RequestRecord Record(DirectChat request, GenerationModelInfo model, ChatOptions settings, string? adapterSha256) => new(
        request.Asker,
        options.Value.Why,
        Kind: "chat",
        request.Recorded,
        ScopeDecision: "no-matter",
        Matters: [],
        Mode: "direct",
        Conversation: null,
        new ModelUse(
            model.Name, model.Sha256, model.Engine, "model-template", model.TemplateSha256, settings.MaxOutputTokens ?? limits.Value.MaxOutputTokens,
            (int)Math.Round((settings.Temperature ?? 0) * 1000), (settings.Seed ?? 0) & ((1L << 53) - 1), adapterSha256),
        TicketUse.Generation);
}

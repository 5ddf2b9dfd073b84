using EnterpriseRag.Foundation;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace EnterpriseRag.Inference.Generation;

/// <summary>What the portal, the ledger and the prompt builder need to know about the language model.</summary>
/// <param name="Name">Folder name.</param>
/// <param name="Sha256">SHA-256 of the folder's SHA256SUMS (hex).</param>
/// <param name="Engine">For example onnxruntime@1.30.0.</param>
/// <param name="ContextTokens">Tokens that prompt and answer may use together.</param>
/// <param name="Languages">ISO codes in which the card lets the model write; empty: it may not write.</param>
/// <param name="TemplateSha256">SHA-256 of the chat template.</param>
/// <param name="IsRemote">It runs on another server: prompts leave this one.</param>
public sealed record GenerationModelInfo(string Name, string Sha256, string Engine, int ContextTokens, IReadOnlyList<string> Languages, string TemplateSha256, bool IsRemote = false);

/// <summary>
/// The only way to the language model from other modules: no ticket, no text. The raw <see cref="IChatClient"/> stays internal. Thread-safe; a local
/// model serves requests side by side.
/// </summary>
public sealed class AuditedGenerator
{
    private readonly Func<ITextModel?> _find;
    private readonly int _defaultMaxTokens;
    private readonly TimeProvider _time;

    /// <param name="find">The model to use, or none; asked at each call.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">For the tickets' end.</param>
    internal AuditedGenerator(Func<ITextModel?> find, IOptions<GenerationOptions> options, TimeProvider time)
    {
        (_find, _defaultMaxTokens, _time) = (find, options.Value.MaxOutputTokens, time);
    }

    /// <summary>
    /// Null when no language model is installed or the installed one does not load: answers are then quotations only. The first call loads the model
    /// (about a second) and blocks meanwhile.
    /// </summary>
    public GenerationModelInfo? Model => _find()?.Info;

    /// <summary>Makes an adapter of the model ready and returns its folder's SHA-256, for the ledger.</summary>
    /// <exception cref="ArgumentException">There is none of this name for the model, or it may not load; the message says why.</exception>
    /// <exception cref="InvalidOperationException">No language model: see <see cref="Model"/>.</exception>
    public string RequireAdapter(string name) => Required().RequireAdapter(name);

    /// <summary>Number of tokens of the text as document text (special tokens off).</summary>
    /// <exception cref="InvalidOperationException">No language model: see <see cref="Model"/>.</exception>
    public int CountTokens(string text) => Required().CountTokens(text);

    /// <summary>Number of tokens of a whole prompt in the model's chat template: what <see cref="GenerateAsync"/> would put in.</summary>
    /// <exception cref="InvalidOperationException">No language model: see <see cref="Model"/>.</exception>
    public int CountPromptTokens(IReadOnlyList<ChatMessage> messages) => Required().CountPromptTokens(messages);

    /// <summary>
    /// Uses the ticket at once and streams text updates; the last carries <see cref="ChatFinishReason"/> and a <see cref="UsageContent"/>, whose additional
    /// counts are waitedMicroseconds, prefillMicroseconds, decodeMicroseconds and cachedTokens. The stream can be enumerated once; leaving it early ends the generation.
    /// Obeyed: Temperature (none or 0 = greedy), TopK, TopP, Seed, MaxOutputTokens, StopSequences, Instructions, FrequencyPenalty, PresencePenalty, ResponseFormat, Tools,
    /// ToolMode, and the additional properties of <see cref="ChatOptionKeys"/>. Tools are passed through to the caller; nothing here calls any.
    /// </summary>
    /// <exception cref="TicketRefusedException">The ticket does not open generation; the model was not called.</exception>
    /// <exception cref="InvalidOperationException">No language model: see <see cref="Model"/>. The ticket was not used.</exception>
    /// <exception cref="ArgumentException">When enumerated: the prompt leaves no room for an answer, or an option is out of its range.</exception>
    /// <exception cref="GenerationBusyException">When enumerated: too many requests wait; says when to come back.</exception>
    /// <exception cref="TimeoutException">When enumerated: the request's deadline has passed.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GenerateAsync(AuditTicket ticket, IReadOnlyList<ChatMessage> messages, ChatOptions options, CancellationToken cancellationToken)
    {
        ITextModel model = Required();
        ticket.Redeem(TicketUse.Generation, _time.GetUtcNow());
        IChatClient client = model.CreateClient(_defaultMaxTokens);
        return new OnceOnly(client.GetStreamingResponseAsync(messages, options, cancellationToken));
    }

    private ITextModel Required() => _find() ?? throw new InvalidOperationException("No language model is installed; import one with 'rag models import'.");

    /// <summary>A second enumeration would be a second generation under one ticket.</summary>
    private sealed class OnceOnly(IAsyncEnumerable<ChatResponseUpdate> stream) : IAsyncEnumerable<ChatResponseUpdate>
    {
        private int _taken; // Interlocked

        public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            Interlocked.Exchange(ref _taken, 1) == 0
                ? stream.GetAsyncEnumerator(cancellationToken)
                : throw new InvalidOperationException("A generation can be read once: one ticket, one answer.");
    }
}

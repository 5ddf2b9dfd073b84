using System.Runtime.CompilerServices;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using EnterpriseRag.Inference.Tokenization;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Generation;

/// <summary>
/// A language model as <see cref="IChatClient"/>. Stays inside this module: other modules go through <see cref="AuditedGenerator"/>. Thread-safe; the model
/// outlives it.
/// </summary>
internal sealed class OnnxChatClient(GenerationModel model, int defaultMaxTokens) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("onnxruntime", null, model.Info.Name);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <summary>
    /// Text as it becomes final; the last update carries the finish reason and the usage, whose additional counts are prefillMicroseconds and decodeMicroseconds.
    /// Leaving the enumeration early ends the generation.
    /// </summary>
    /// <exception cref="ArgumentException">The prompt leaves no room for an answer, or an option is out of its range.</exception>
    /// <exception cref="NotSupportedException">An option that this model cannot obey: it is refused rather than ignored.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        SamplingSettings sampling = ChatRequest.Sampling(options, model.Search);
        int[] prompt = [.. model.Encode(ChatRequest.Messages(messages, options))];
        int room = model.Info.ContextTokens - prompt.Length;
        if (room < 1)
        {
            throw new ArgumentException($"The prompt has {prompt.Length} tokens; the model {model.Info.Name} holds {model.Info.ContextTokens} with the answer.", nameof(messages));
        }

        int maxTokens = Math.Min(ChatRequest.MaxTokens(options, defaultMaxTokens), room);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var request = new GenerationRequest(prompt, sampling, maxTokens, ended.Token) { Placement = RequestPlacement.Read(options) };
        try
        {
            model.Engine.Enqueue(request);
            var decoder = new TokenStreamDecoder(model.Tokenizer, skipSpecialTokens: true);
            var stops = new StopStrings(options?.StopSequences);
            int read = 0;
            await foreach (int token in request.Tokens.ReadAllAsync(cancellationToken))
            {
                read++;
                string text = stops.Push(decoder.Push(token));
                if (text.Length > 0)
                {
                    yield return Update(new TextContent(text));
                }

                if (stops.Found)
                {
                    await ended.CancelAsync();
                    break;
                }
            }

            string rest = stops.Push(decoder.Finish()) + stops.Finish();
            if (rest.Length > 0)
            {
                yield return Update(new TextContent(rest));
            }

            // Also after a stop string: the engine has left the request, and its times are known.
            GenerationOutcome outcome = await request.Outcome;
            cancellationToken.ThrowIfCancellationRequested();
            if (outcome.End == GenerationEnd.Cancelled && !stops.Found)
            {
                throw new OperationCanceledException("The language model is shutting down.");
            }

            if (outcome.End == GenerationEnd.DeadlineExceeded && !stops.Found)
            {
                throw new TimeoutException("The answer was not complete by the request's deadline.");
            }

            ChatResponseUpdate last = Update(new UsageContent(Usage(prompt.Length, stops.Found ? read : outcome.Tokens, outcome)));
            last.FinishReason = outcome.End == GenerationEnd.Length && !stops.Found ? ChatFinishReason.Length : ChatFinishReason.Stop;
            yield return last;
        }
        finally
        {
            await ended.CancelAsync();
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    public void Dispose()
    {
        // the model belongs to its holder
    }

    private static UsageDetails Usage(int promptTokens, int tokens, GenerationOutcome outcome) => new()
    {
        InputTokenCount = promptTokens,
        OutputTokenCount = tokens,
        TotalTokenCount = promptTokens + tokens,
        AdditionalCounts = new AdditionalPropertiesDictionary<long>
        {
            ["prefillMicroseconds"] = (long)outcome.Prefill.TotalMicroseconds,
            ["waitedMicroseconds"] = (long)outcome.Waited.TotalMicroseconds,
            [ChatOptionKeys.CachedTokens] = outcome.CachedTokens,
            ["decodeMicroseconds"] = (long)outcome.Decode.TotalMicroseconds,
        },
    };

    private ChatResponseUpdate Update(AIContent content) => new(ChatRole.Assistant, [content]) { ModelId = model.Info.Name };
}

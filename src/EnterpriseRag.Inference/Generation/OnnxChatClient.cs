using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.Scheduling;
using EnterpriseRag.Inference.Generation.ToolCalls;
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
    /// Calls of functions come whole, after the text. Log probabilities, if asked for, are among the additional properties of the update that carries their
    /// tokens' text. Leaving the enumeration early ends the generation.
    /// </summary>
    /// <exception cref="ArgumentException">The prompt leaves no room for an answer, or an option is out of its range.</exception>
    /// <exception cref="NotSupportedException">An option that this model cannot obey: it is refused rather than ignored.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        SamplingSettings sampling = ChatRequest.Sampling(options, model.Search);
        ImmutableArray<ToolDeclaration> tools = ChatConversation.Tools(options);
        int? topLogprobs = ChatRequest.TopLogprobs(options);
        sampling = sampling with { Constraint = ChatRequest.Constraint(options, tools, model.ToolCalls, model.Constraints) };
        int[] prompt = [.. model.Encode(messages, options)];
        int room = model.Info.ContextTokens - prompt.Length;
        if (room < 1)
        {
            throw new ArgumentException($"The prompt has {prompt.Length} tokens; the model {model.Info.Name} holds {model.Info.ContextTokens} with the answer.", nameof(messages));
        }

        int maxTokens = Math.Min(ChatRequest.MaxTokens(options, defaultMaxTokens), room);
        TokenScores? scores = topLogprobs is { } top ? new TokenScores(maxTokens, top) : null;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        RequestPlacement placement = RequestPlacement.Read(options);
        if (placement.Adapter is { } adapter)
        {
            model.RequireAdapter(adapter);
        }

        var request = new GenerationRequest(prompt, sampling with { Scores = scores }, maxTokens, ended.Token) { Placement = placement };
        try
        {
            model.Engine.Enqueue(request);
            var decoder = new TokenStreamDecoder(model.Tokenizer, skipSpecialTokens: true);
            var stops = new StopStrings(options?.StopSequences);
            ToolCallReader? calls = tools.IsEmpty ? null : new ToolCallReader(model.ToolCalls, name => tools.Any(tool => string.Equals(tool.Name, name, StringComparison.Ordinal)));
            int? marker = tools.IsEmpty ? null : model.Tokenizer.TokenId(model.ToolCalls.Marker);
            AnswerLogprobs? logprobs = scores is null ? null : new AnswerLogprobs(scores, model.Constraints.Vocabulary, model.Tokenizer);
            int read = 0;
            await foreach (int token in request.Tokens.ReadAllAsync(cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested(); // the reader hands out what is there already
                read++;
                logprobs?.Add(token);
                // A marker of calls that is a special token is left out of text, but calls begin with it.
                string piece = decoder.Push(token) + (token == marker && model.Tokenizer.IsSpecial(token) ? model.ToolCalls.Marker : "");
                string text = stops.Push(piece);
                text = calls is null ? text : calls.Push(text);
                if (text.Length > 0)
                {
                    yield return Update(new TextContent(text), logprobs);
                }

                if (stops.Found)
                {
                    await ended.CancelAsync();
                    break;
                }
            }

            string rest = stops.Push(decoder.Finish()) + stops.Finish();
            List<ToolCall> called = [];
            if (calls is not null)
            {
                string certain = calls.Push(rest);
                (rest, called) = calls.Finish();
                rest = certain + rest;
            }

            if (rest.Length > 0)
            {
                yield return Update(new TextContent(rest), logprobs);
            }

            foreach (ToolCall call in called)
            {
                yield return Update(new FunctionCallContent(CallId(), call.Name, call.Arguments.EnumerateObject().ToDictionary(argument => argument.Name, argument => (object?)argument.Value, StringComparer.Ordinal)), logprobs);
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

            ChatResponseUpdate last = Update(new UsageContent(Usage(prompt.Length, stops.Found ? read : outcome.Tokens, outcome)), logprobs);
            last.FinishReason = outcome.End == GenerationEnd.Length && !stops.Found ? ChatFinishReason.Length : called.Count > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
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

    /// <summary>Nine letters and digits: the only form that Mistral's templates take.</summary>
    private static string CallId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(5))[..9];

    private ChatResponseUpdate Update(AIContent content, AnswerLogprobs? logprobs)
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, [content]) { ModelId = model.Info.Name };
        if (logprobs?.Take() is { } taken)
        {
            update.AdditionalProperties = new AdditionalPropertiesDictionary { [ChatOptionKeys.Logprobs] = taken };
        }

        return update;
    }
}

using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Sampling;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Generation;

/// <summary>Reads <see cref="ChatOptions"/>: what is obeyed, what is out of range, what is refused.</summary>
internal static class ChatRequest
{
    /// <summary>Without a temperature the model's own search settings hold, which are greedy for imported folders.</summary>
    public static SamplingSettings Sampling(ChatOptions? options, SearchDefaults defaults)
    {
        RefuseUnsupported(options);
        float temperature = options?.Temperature ?? (defaults.Samples ? defaults.Temperature : 0);
        int topK = options?.TopK ?? defaults.TopK;
        float topP = options?.TopP ?? defaults.TopP;
        float penalty = Penalty(options) ?? defaults.RepetitionPenalty;
        Require(temperature is >= 0 and <= 100, "temperature must lie between 0 (greedy) and 100");
        Require(topK >= 0, "top_k must be 0 (off) or more");
        Require(topP is > 0 and <= 1, "top_p must be greater than 0 and at most 1");
        Require(penalty is > 0 and <= 100, "repetition_penalty must be greater than 0 and at most 100");
        return new SamplingSettings(temperature, topK, topP, penalty, options?.Seed);
    }

    public static int MaxTokens(ChatOptions? options, int fallback)
    {
        int max = options?.MaxOutputTokens ?? fallback;
        Require(max > 0, "MaxOutputTokens must be at least 1");
        return max;
    }

    /// <summary>The messages, with the options' instructions as a system message before them.</summary>
    public static IEnumerable<ChatMessage> Messages(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        List<ChatMessage> all = [.. messages];
        if (all.SelectMany(m => m.Contents).FirstOrDefault(c => c is not TextContent) is { } other)
        {
            throw new NotSupportedException($"The language model reads text only; a message holds {other.GetType().Name}.");
        }

        Require(all.Count > 0, "a conversation needs at least one message");
        return string.IsNullOrEmpty(options?.Instructions) ? all : all.Prepend(new ChatMessage(ChatRole.System, options.Instructions));
    }

    private static float? Penalty(ChatOptions? options) => options?.AdditionalProperties?.TryGetValue(ChatOptionKeys.RepetitionPenalty, out object? value) == true
        ? value switch
        {
            float f => f,
            double d => (float)d,
            int i => i,
            _ => throw new ArgumentException("repetition_penalty must be a number."),
        }
        : null;

    private static void RefuseUnsupported(ChatOptions? options)
    {
        if (options is { Tools.Count: > 0 })
        {
            throw new NotSupportedException("Tools are not supported: a model that reads documents must not be able to call anything.");
        }

        if (options?.ResponseFormat is not (null or ChatResponseFormatText))
        {
            throw new NotSupportedException("Only text can be generated; ResponseFormat asks for something else.");
        }

        if (options is { FrequencyPenalty: not (null or 0) } or { PresencePenalty: not (null or 0) })
        {
            throw new NotSupportedException("Frequency and presence penalties are not supported; use repetition_penalty.");
        }
    }

    private static void Require(bool condition, string rule)
    {
        if (!condition)
        {
            throw new ArgumentException($"Generation options: {rule}.");
        }
    }
}

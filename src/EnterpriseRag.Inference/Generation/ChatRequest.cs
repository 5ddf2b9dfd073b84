using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using EnterpriseRag.Inference.Generation.Constraints;
using EnterpriseRag.Inference.Generation.Decoding;
using EnterpriseRag.Inference.Generation.Sampling;
using EnterpriseRag.Inference.Generation.ToolCalls;
using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Generation;

/// <summary>Reads <see cref="ChatOptions"/>: what is obeyed, what is out of range, what is refused.</summary>
internal static class ChatRequest
{
    private const int MaxBiases = 1024;
    private const int MaxChoices = 1000;

    /// <summary>Without a temperature the model's own search settings hold, which are greedy for imported folders.</summary>
    public static SamplingSettings Sampling(ChatOptions? options, SearchDefaults defaults)
    {
        float temperature = options?.Temperature ?? (defaults.Samples ? defaults.Temperature : 0);
        int topK = options?.TopK ?? defaults.TopK;
        float topP = options?.TopP ?? defaults.TopP;
        float penalty = Number(options, ChatOptionKeys.RepetitionPenalty) ?? defaults.RepetitionPenalty;
        float minP = Number(options, ChatOptionKeys.MinP) ?? 0;
        float frequency = options?.FrequencyPenalty ?? 0;
        float presence = options?.PresencePenalty ?? 0;
        Require(temperature is >= 0 and <= 100, "temperature must lie between 0 (greedy) and 100");
        Require(topK >= 0, "top_k must be 0 (off) or more");
        Require(topP is > 0 and <= 1, "top_p must be greater than 0 and at most 1");
        Require(penalty is > 0 and <= 100, "repetition_penalty must be greater than 0 and at most 100");
        Require(minP is >= 0 and <= 1, "min_p must lie between 0 (off) and 1");
        Require(frequency is >= -2 and <= 2, "frequency_penalty must lie between -2 and 2");
        Require(presence is >= -2 and <= 2, "presence_penalty must lie between -2 and 2");
        return new SamplingSettings(temperature, topK, topP, penalty, options?.Seed)
        {
            MinP = minP,
            FrequencyPenalty = frequency,
            PresencePenalty = presence,
            LogitBias = Biases(options),
        };
    }

    public static int MaxTokens(ChatOptions? options, int fallback)
    {
        int max = options?.MaxOutputTokens ?? fallback;
        Require(max > 0, "MaxOutputTokens must be at least 1");
        return max;
    }

    /// <summary>How many of the best tokens come with each token's log probability; null: log probabilities are not wanted.</summary>
    public static int? TopLogprobs(ChatOptions? options)
    {
        int top = (int)(Number(options, ChatOptionKeys.TopLogprobs) ?? 0);
        bool wanted = Value(options, ChatOptionKeys.Logprobs) switch
        {
            null => false,
            bool flag => flag,
            JsonElement { ValueKind: JsonValueKind.True } => true,
            JsonElement { ValueKind: JsonValueKind.False } => false,
            _ => throw Wrong("logprobs must be true or false"),
        };
        Require(top is >= 0 and <= TokenScores.MaxTop, $"top_logprobs must lie between 0 and {TokenScores.MaxTop}");
        Require(wanted || top == 0, "top_logprobs needs logprobs");
        return wanted ? top : null;
    }

    /// <summary>What the answer may say; null: anything.</summary>
    /// <exception cref="NotSupportedException">A schema or expression has what cannot be enforced; it is refused rather than ignored.</exception>
    /// <exception cref="ArgumentException">A schema or expression is broken, or several kinds of constraint are asked for at once.</exception>
    public static ITokenConstraint? Constraint(ChatOptions? options, ImmutableArray<ToolDeclaration> tools, ToolCallFormat format, ConstraintCatalog catalog)
    {
        List<ITokenConstraint> constraints = [];
        if (options?.ResponseFormat is ChatResponseFormatJson json)
        {
            constraints.Add(json.Schema is { } schema ? catalog.JsonSchema(schema) : catalog.JsonObject());
        }
        else if (options?.ResponseFormat is not (null or ChatResponseFormatText))
        {
            throw new NotSupportedException("Text and JSON can be generated; ResponseFormat asks for something else.");
        }

        if (Value(options, ChatOptionKeys.Regex) is { } pattern)
        {
            constraints.Add(catalog.Regex(AsText(pattern) ?? throw Wrong("regex must be a text")));
        }

        if (Value(options, ChatOptionKeys.Choice) is { } choice)
        {
            constraints.Add(catalog.Choice(Choices(choice)));
        }

        if (options?.ToolMode is RequiredChatToolMode required)
        {
            ToolDeclaration[] allowed = [.. tools.Where(tool => required.RequiredFunctionName is not { } name || string.Equals(tool.Name, name, StringComparison.Ordinal))];
            Require(allowed.Length > 0, "tool_choice asks for a function that is not among the tools");
            string key = $"call {format.Name} {string.Concat(allowed.Select(tool => $"{tool.Name.Length} {tool.Name} {tool.Parameters.GetRawText()}"))}";
            constraints.Add(catalog.Get(key, () => format.Grammar(allowed)));
        }

        Require(constraints.Count <= 1, "response_format, regex, choice and a required tool exclude each other");
        Require(constraints.Count == 0 || tools.IsEmpty || options?.ToolMode is RequiredChatToolMode, "response_format, regex and choice cannot be had together with tools; set tool_choice to none or required");
        return constraints.FirstOrDefault();
    }

    /// <summary>Further variables for the chat template.</summary>
    public static ImmutableDictionary<string, JsonElement> TemplateArguments(ChatOptions? options) => Value(options, ChatOptionKeys.ChatTemplateArguments) switch
    {
        null => ImmutableDictionary<string, JsonElement>.Empty,
        JsonElement { ValueKind: JsonValueKind.Object } json => json.EnumerateObject().ToImmutableDictionary(property => property.Name, property => property.Value, StringComparer.Ordinal),
        IEnumerable<KeyValuePair<string, object?>> map => map.ToImmutableDictionary(pair => pair.Key, pair => JsonSerializer.SerializeToElement(pair.Value, AIJsonUtilities.DefaultOptions), StringComparer.Ordinal),
        _ => throw Wrong("chat_template_kwargs must be a map"),
    };

    private static ImmutableArray<(int, float)> Biases(ChatOptions? options)
    {
        List<(int Token, float Bias)> biases = Value(options, ChatOptionKeys.LogitBias) switch
        {
            null => [],
            IEnumerable<KeyValuePair<int, float>> map => [.. map.Select(pair => (pair.Key, pair.Value))],
            IEnumerable<KeyValuePair<string, object?>> map => [.. map.Select(pair => (Token(pair.Key), AsNumber(pair.Value) ?? throw Wrong("logit_bias must hold numbers")))],
            JsonElement { ValueKind: JsonValueKind.Object } json => [.. json.EnumerateObject().Select(pair => (Token(pair.Name), AsNumber(pair.Value) ?? throw Wrong("logit_bias must hold numbers")))],
            _ => throw Wrong("logit_bias must be a map from token ids to numbers"),
        };
        Require(biases.Count <= MaxBiases, $"logit_bias may name {MaxBiases} tokens");
        Require(biases.TrueForAll(bias => bias.Bias is >= -100 and <= 100), "logit_bias must lie between -100 and 100");
        return [.. biases];
    }

    private static List<string> Choices(object value)
    {
        List<string> choices = value switch
        {
            IEnumerable<string> texts => [.. texts],
            JsonElement { ValueKind: JsonValueKind.Array } json => [.. json.EnumerateArray().Select(text => AsText(text) ?? throw Wrong("choice must be a list of texts"))],
            _ => throw Wrong("choice must be a list of texts"),
        };
        Require(choices.Count is > 0 and <= MaxChoices && choices.TrueForAll(text => text.Length > 0), $"choice must be a list of 1 to {MaxChoices} texts that are not empty");
        return choices;
    }

    private static int Token(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : throw Wrong("logit_bias must have token ids as keys");

    private static float? Number(ChatOptions? options, string key) => Value(options, key) is not { } value ? null : AsNumber(value) ?? throw Wrong($"{key} must be a number");

    private static object? Value(ChatOptions? options, string key) =>
        options?.AdditionalProperties?.TryGetValue(key, out object? value) == true && value is not JsonElement { ValueKind: JsonValueKind.Null } ? value : null;

    private static float? AsNumber(object? value) => value switch
    {
        float number => number,
        double number => (float)number,
        decimal number => (float)number,
        int number => number,
        long number => number,
        JsonElement { ValueKind: JsonValueKind.Number } json => (float)json.GetDouble(),
        _ => null,
    };

    private static string? AsText(object value) => value as string ?? (value is JsonElement { ValueKind: JsonValueKind.String } json ? json.GetString() : null);

    private static void Require(bool condition, string rule)
    {
        if (!condition)
        {
            throw Wrong(rule);
        }
    }

    private static ArgumentException Wrong(string rule) => new($"Generation options: {rule}.");
}

using Microsoft.Extensions.AI;

namespace EnterpriseRag.Inference.Generation;

/// <summary>
/// Names in <see cref="ChatOptions.AdditionalProperties"/> that the local model obeys, and in the additional properties of its updates. Numbers may come as any
/// number type or as a JSON number; a value of another kind is refused.
/// </summary>
public static class ChatOptionKeys
{
    /// <summary>LoRA adapter of this request: its registered name (text); none = the model alone.</summary>
    public const string Adapter = "adapter";

    /// <summary>Who may share the cached prefix of this prompt (text); none = nobody but requests without document text.</summary>
    public const string CacheScope = "cache_scope";

    /// <summary>Place in the queue: a larger whole number goes first, or the text <c>interactive</c> or <c>batch</c>.</summary>
    public const string Priority = "priority";

    /// <summary>Greater than 0, at most 100; 1 = off.</summary>
    public const string RepetitionPenalty = "repetition_penalty";

    /// <summary>
    /// Added to the model's scores before anything else: <c>IReadOnlyDictionary&lt;int, float&gt;</c> or a JSON object from token id to −100 … 100; −100 bans a token, 100
    /// leaves nothing but such tokens. At most 1,024 entries.
    /// </summary>
    public const string LogitBias = "logit_bias";

    /// <summary>True: the updates carry the log probabilities of their tokens under this same key, as <c>IReadOnlyList&lt;TokenLogProbability&gt;</c>.</summary>
    public const string Logprobs = "logprobs";

    /// <summary>0 to 20: how many of the best tokens come with each token's log probability; needs <see cref="Logprobs"/>.</summary>
    public const string TopLogprobs = "top_logprobs";

    /// <summary>0 to 1: leaves out tokens less likely than this share of the best token's probability; 0 = off.</summary>
    public const string MinP = "min_p";

    /// <summary>The request is given up when this <see cref="TimeSpan"/> has passed since it was made.</summary>
    public const string Deadline = "deadline";

    /// <summary>On whose behalf (text): the scheduler is fair between users.</summary>
    public const string User = "user";

    /// <summary>Map of further variables for the chat template (<c>enable_thinking</c>, for example): <c>IReadOnlyDictionary&lt;string, object?&gt;</c> or a JSON object.</summary>
    public const string ChatTemplateArguments = "chat_template_kwargs";

    /// <summary>Texts of which the answer is exactly one: a list of strings.</summary>
    public const string Choice = "choice";

    /// <summary>A regular expression that the whole answer matches (text).</summary>
    public const string Regex = "regex";

    /// <summary>How many of the prompt's tokens came from the prefix cache (in the additional counts of the last update's usage).</summary>
    public const string CachedTokens = "cachedTokens";
}

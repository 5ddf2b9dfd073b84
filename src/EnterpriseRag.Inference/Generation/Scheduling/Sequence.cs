using EnterpriseRag.Inference.Generation.KvCache;
using EnterpriseRag.Inference.Generation.Sampling;

namespace EnterpriseRag.Inference.Generation.Scheduling;

/// <summary>A request that has a slot. Engine thread only.</summary>
internal sealed class Sequence(GenerationRequest request, Sampler sampler, int reservedTokens, long started)
{
    public GenerationRequest Request { get; } = request;

    public Sampler Sampler { get; } = sampler;

    /// <summary>Tokens that it may have in the cache: its share of the memory.</summary>
    public int ReservedTokens { get; } = reservedTokens;

    /// <summary>Timestamp of its admission.</summary>
    public long Started { get; } = started;

    /// <summary>Timestamp of its first token; 0 before.</summary>
    public long FirstToken { get; set; }

    public int Slot { get; set; }

    /// <summary>Tokens in the cache.</summary>
    public int Length { get; set; }

    /// <summary>Tokens of the prompt that were not computed, because the prefix cache had them.</summary>
    public int CachedTokens { get; set; }

    /// <summary>The last token, not in the cache yet: input of the next step.</summary>
    public int NextToken { get; set; }

    /// <summary>Tokens of the answer, a stop token included.</summary>
    public int Tokens { get; set; }

    /// <summary>Prefix cache key of the tokens in the cache so far, whole chunks; null without a scope.</summary>
    public BlockKey? Key { get; set; }

    /// <summary>Prefix cache epoch in which the sequence began.</summary>
    public int Epoch { get; set; }

    /// <summary>Set in a step, acted upon after it.</summary>
    public GenerationEnd? Ended { get; set; }

    /// <summary>Set in a step, acted upon after it.</summary>
    public Exception? Failure { get; set; }

    public bool InPrompt => Length < Request.Prompt.Length;
}

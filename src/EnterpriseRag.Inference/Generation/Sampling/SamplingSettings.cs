using System.Collections.Immutable;
using EnterpriseRag.Inference.Generation.Constraints;

namespace EnterpriseRag.Inference.Generation.Sampling;

/// <summary>How the next token is chosen from the logits.</summary>
/// <param name="Temperature">0 = greedy: always the best token.</param>
/// <param name="TopK">Only the k best tokens; 0 = all.</param>
/// <param name="TopP">Only the best tokens that together reach this probability; 1 = all.</param>
/// <param name="RepetitionPenalty">Logits of tokens in prompt or answer are divided by it (multiplied when negative); 1 = off.</param>
/// <param name="Seed">The same seed and prompt give the same answer; null = a new one each time.</param>
internal sealed record SamplingSettings(float Temperature, int TopK, float TopP, float RepetitionPenalty, long? Seed)
{
    /// <summary>At this bias and below a token is never chosen.</summary>
    public const float Ban = -100;

    public static SamplingSettings Greedy { get; } = new(0, 0, 1, 1, null);

    /// <summary>Leaves out tokens less likely (after temperature) than this share of the best one; 0 = off.</summary>
    public float MinP { get; init; }

    /// <summary>Taken from a token's logit for each time the answer has it already; 0 = off.</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Taken once from the logit of each token that the answer has already; 0 = off.</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Added to logits, by token id.</summary>
    public ImmutableArray<(int Token, float Bias)> LogitBias { get; init; } = [];

    /// <summary>What the answer may say; state of this request alone, reset at its beginning. Null = anything.</summary>
    public ITokenConstraint? Constraint { get; init; }

    /// <summary>Where the log probabilities of the chosen tokens go; of this request alone. Null = nowhere.</summary>
    public TokenScores? Scores { get; init; }

    public bool IsGreedy => Temperature == 0 || TopK == 1;
}

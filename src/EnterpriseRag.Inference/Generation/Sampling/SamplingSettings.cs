namespace EnterpriseRag.Inference.Generation.Sampling;

/// <summary>How the next token is chosen from the logits.</summary>
/// <param name="Temperature">0 = greedy: always the best token.</param>
/// <param name="TopK">Only the k best tokens; 0 = all.</param>
/// <param name="TopP">Only the best tokens that together reach this probability; 1 = all.</param>
/// <param name="RepetitionPenalty">Logits of tokens in prompt or answer are divided by it (multiplied when negative); 1 = off.</param>
/// <param name="Seed">The same seed and prompt give the same answer; null = a new one each time.</param>
internal sealed record SamplingSettings(float Temperature, int TopK, float TopP, float RepetitionPenalty, long? Seed)
{
    public static SamplingSettings Greedy { get; } = new(0, 0, 1, 1, null);

    public bool IsGreedy => Temperature == 0 || TopK == 1;
}

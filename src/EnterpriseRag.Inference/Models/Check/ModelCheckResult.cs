namespace EnterpriseRag.Inference.Models.Check;

/// <summary>How a model compares with golden outputs.</summary>
/// <param name="Cases">Inputs compared.</param>
/// <param name="MaxLogitDifference">Largest absolute difference of a logit; of an encoder, of a hidden state or pooled vector.</param>
/// <param name="EqualTokens">Greedy tokens that are the golden ones, near ties of the golden run included.</param>
/// <param name="Tokens">Greedy tokens compared.</param>
public sealed record ModelCheckResult(int Cases, double MaxLogitDifference, int EqualTokens, int Tokens);

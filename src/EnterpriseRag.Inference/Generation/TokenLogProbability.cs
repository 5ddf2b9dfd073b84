using System.Collections.Immutable;

namespace EnterpriseRag.Inference.Generation;

/// <summary>How likely a token of an answer was, under <see cref="ChatOptionKeys.Logprobs"/> in the additional properties of the update that carries its text.</summary>
/// <param name="Token">The token's text; an incomplete character is U+FFFD.</param>
/// <param name="Bytes">The token's bytes in UTF-8: what joins to characters over several tokens.</param>
/// <param name="LogProbability">Natural logarithm of the model's own probability: before penalties, bias, temperature and constraint.</param>
/// <param name="Top">The most likely tokens at this place, best first; their own <c>Top</c> is empty.</param>
public sealed record TokenLogProbability(string Token, ImmutableArray<byte> Bytes, float LogProbability, ImmutableArray<TokenLogProbability> Top);

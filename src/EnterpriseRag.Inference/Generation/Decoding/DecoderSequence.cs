namespace EnterpriseRag.Inference.Generation.Decoding;

/// <summary>
/// One sequence on a decoder that nobody else uses (its first slot), for checks and self-tests: tokens in, logits of the next one out. Cuts prompts into the
/// same chunks as the scheduler, so it gives the same numbers. One thread.
/// </summary>
internal sealed class DecoderSequence(Decoder decoder, string? adapter = null)
{
    /// <summary>Tokens of the present sequence.</summary>
    public int Length { get; private set; }

    /// <summary>Starts a new sequence.</summary>
    public void Reset() => Length = 0;

    /// <summary>Appends tokens and returns the logits of the token after them. The span is overwritten by the next call; the caller may change it.</summary>
    /// <exception cref="OperationCanceledException">The decoder was terminated.</exception>
    public Span<float> Append(scoped ReadOnlySpan<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tokens.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Length + tokens.Length, decoder.Capacity);
        while (true)
        {
            int chunk = Math.Min(tokens.Length, Decoder.ChunkTokens);
            Span<float> logits = decoder.Prefill(0, Length, tokens[..chunk], adapter);
            Length += chunk;
            if (chunk == tokens.Length)
            {
                return logits;
            }

            tokens = tokens[chunk..];
        }
    }
}

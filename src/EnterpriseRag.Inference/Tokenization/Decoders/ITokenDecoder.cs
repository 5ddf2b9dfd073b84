namespace EnterpriseRag.Inference.Tokenization.Decoders;

/// <summary>One step from tokens to text. Thread-safe: the state of a text is in the stage it starts.</summary>
internal interface ITokenDecoder
{
    /// <summary>Starts a text; the stage hands what it makes to <paramref name="next"/>.</summary>
    DecoderStage Start(DecoderStage next);
}

/// <summary>
/// A decoder at work on one text. It passes on only what no later token can change, so that a stream and a whole decode are
/// the same by construction: a whole decode is the stream with all tokens at once.
/// </summary>
internal abstract class DecoderStage
{
    /// <summary>Takes the next token (or part of text from the stage before).</summary>
    public abstract void Push(ReadOnlySpan<char> token);

    /// <summary>No more tokens: passes on what was held back.</summary>
    public abstract void Finish();
}

using System.Text;

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
/// <param name="next">The stage that takes what this one makes; null at the end of the chain.</param>
internal abstract class DecoderStage(DecoderStage? next)
{
    private StringBuilder? _open;

    /// <summary>The stage that takes what this one makes.</summary>
    protected DecoderStage Next => next ?? throw new InvalidOperationException("The end of the chain has no next stage.");

    /// <summary>Takes the next token.</summary>
    public abstract void Push(ReadOnlySpan<char> token);

    /// <summary>
    /// Takes a part of the one token that a stage before has fused all others to. A stage whose result depends on more than the part at hand keeps
    /// the whole until the end, which is what this does.
    /// </summary>
    public virtual void PushPart(ReadOnlySpan<char> part) => (_open ??= new StringBuilder()).Append(part);

    /// <summary>No more tokens: passes on what was held back.</summary>
    public void Finish()
    {
        if (_open is not null)
        {
            Push(_open.ToString());
        }

        Release();
        next?.Finish();
    }

    /// <summary>Passes on what was held back.</summary>
    protected virtual void Release()
    {
    }
}
